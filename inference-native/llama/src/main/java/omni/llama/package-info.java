/** llama.cpp through the foreign function interface. */
@NullMarked
package omni.llama;

import org.jspecify.annotations.NullMarked;
