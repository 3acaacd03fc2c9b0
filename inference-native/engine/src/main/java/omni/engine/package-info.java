/** Models, slots and the decode loop. */
@NullMarked
package omni.engine;

import org.jspecify.annotations.NullMarked;
