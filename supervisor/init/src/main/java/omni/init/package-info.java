/** The supervision tree and its launchers. */
@NullMarked
package omni.init;

import org.jspecify.annotations.NullMarked;
