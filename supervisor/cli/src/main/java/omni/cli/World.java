package omni.cli;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import omni.bus.BusClient;
import omni.bus.RunDirectory;

/**
 * What the commands see of the process they run in, so that tests can give them another.
 *
 * @param environment the environment variables
 * @param in standard input
 * @param out standard output
 * @param err standard error: progress and errors, never data
 */
record World(Map<String, String> environment, InputStream in, PrintWriter out, PrintWriter err) {
    /** Longer than any answer takes that is not a long work's: who stays silent so long hangs. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** The world of this process. */
    static World real() {
        return new World(
                System.getenv(),
                System.in,
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    }

    /** {@code OMNI_HOME}, by default {@code ~/.omni}: the owner's state. */
    Path home() {
        var home = environment.getOrDefault("OMNI_HOME", "");
        return (home.isEmpty() ? Path.of(System.getProperty("user.home"), ".omni") : Path.of(home)).toAbsolutePath();
    }

    /** {@code OMNI_APP}: the program's own files; none when not started by {@code bin/omni}. */
    Optional<Path> app() {
        return Optional.ofNullable(environment.get("OMNI_APP"))
                .filter(app -> !app.isEmpty())
                .map(Path::of);
    }

    /** Where a role's socket is. */
    Path socket(String role) {
        return RunDirectory.socket(RunDirectory.resolve(environment), role);
    }

    /** Runs something with a client of a role that waits for no answer longer than {@link #PATIENCE}, and closes it. */
    <T> T with(String role, Function<BusClient, T> work) {
        try (var client = BusClient.to(socket(role))) {
            return work.apply(client.within(PATIENCE));
        }
    }

    /** The same for work that takes as long as it takes, and tells how far it is. */
    <T> T withPatience(String role, Function<BusClient, T> work) {
        try (var client = BusClient.to(socket(role))) {
            return work.apply(client);
        }
    }

    /**
     * Whether standard input (0), output (1) or error (2) is a terminal. {@code bin/omni} finds out and says so by the
     * digits in {@code OMNI_TERMINAL}.
     */
    boolean isTerminal(int descriptor) {
        return environment.getOrDefault("OMNI_TERMINAL", "").indexOf('0' + descriptor) >= 0;
    }

    /** How to paint on standard output. */
    Style style() {
        return isTerminal(1)
                        && environment.getOrDefault("NO_COLOR", "").isEmpty()
                        && !"dumb".equals(environment.get("TERM"))
                ? Style.ANSI
                : Style.PLAIN;
    }
}
