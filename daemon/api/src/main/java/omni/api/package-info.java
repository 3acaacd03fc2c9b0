/** The HTTP API that the programs of the owner talk to. */
@NullMarked
package omni.api;

import org.jspecify.annotations.NullMarked;
