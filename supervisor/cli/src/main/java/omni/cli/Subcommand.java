package omni.cli;

/**
 * A command that another module adds to {@code omni}. An implementation is a picocli command object (annotated with
 * {@code picocli.CommandLine.Command}), provided to {@link java.util.ServiceLoader} and open to {@code info.picocli}.
 * It is made once for each run of the program, on the main thread.
 *
 * <p>A command may run another one by name: {@code spec.root().commandLine().execute("welcome")} shows the address of
 * the running Omni and a first request. It answers with the other's exit code, as {@link ExitCode} lists them.
 */
public interface Subcommand {}
