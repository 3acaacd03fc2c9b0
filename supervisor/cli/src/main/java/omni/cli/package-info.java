/** The command of the operator: one class a command. */
@NullMarked
package omni.cli;

import org.jspecify.annotations.NullMarked;
