/** What every Omni process is made of: configuration, lifecycle, readiness, logs. */
@NullMarked
package omni.role;

import org.jspecify.annotations.NullMarked;
