package omni.cli;

/**
 * A command that another module adds to {@code omni}. An implementation is a picocli command object (annotated with
 * {@code picocli.CommandLine.Command}), provided to {@link java.util.ServiceLoader} and open to {@code info.picocli}.
 * It is made once for each run of the program, on the main thread.
 */
public interface Subcommand {}
