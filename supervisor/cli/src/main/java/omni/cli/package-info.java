/**
 * The operator's command: {@link omni.cli.Main} is {@code omni}, with one class a command, all named {@code …Command}.
 *
 * <p>Commands talk to the roles over the bus as the owner's user; none uses HTTP or a key. Each is a picocli object made
 * with a {@link omni.cli.World}: environment, streams, terminal. Data goes to standard output, as text or with {@code
 * --json} one JSON value a line; progress and errors go to standard error. {@link omni.cli.ExitCode} lists the exit
 * codes. Other modules add commands as {@link omni.cli.Subcommand}.
 *
 * <p>A command runs on the main thread and once. {@code Conversation.cancel} alone may be called from another thread.
 *
 * <p>Limits: a question from standard input has at most 1 MiB; logs are read at most 4 MiB back.
 */
@NullMarked
package omni.cli;

import org.jspecify.annotations.NullMarked;
