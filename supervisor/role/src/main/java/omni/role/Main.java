package omni.role;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.logging.Level;

/**
 * A role's process: {@code java … -m omni.role/omni.role.Main <role>}.
 *
 * <p>Exit codes: 0 after an orderly stop, 64 where there is no such role, 70 where something failed for good, 78 where
 * {@code omni.toml} is wrong; 3 is the virtual machine out of memory, above 128 a signal.
 */
public final class Main {
    static final int EXIT_USAGE = 64;
    static final int EXIT_FAILED = 70;
    static final int EXIT_CONFIG = 78;

    private Main() {}

    /** Runs the role named by the first argument until the process is told to stop. */
    public static void main(String[] arguments) throws InterruptedException {
        Surroundings surroundings = Surroundings.of(System.getenv());
        String name = arguments.length == 1 ? arguments[0] : "";
        Leash leash = Leash.fasten(surroundings);
        List<Role> roles = ServiceLoader.load(Role.class, Main.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Role::name))
                .toList();
        Optional<Role> role = roles.stream().filter(r -> r.name().equals(name)).findFirst();
        if (role.isEmpty()) {
            List<String> names = roles.stream().map(Role::name).toList();
            end(name, EXIT_USAGE, "There is no role \"" + Text.shorten(name, 40) + "\"; there are " + names + ".");
        } else {
            run(role.get(), surroundings, leash);
        }
    }

    private static void run(Role role, Surroundings surroundings, Leash leash) throws InterruptedException {
        try {
            Config config = Config.ofHome(surroundings.home());
            Logs.install(role.name(), config, Logs.standardOutput());
            Logs.capturePrints();
            new Lifecycle(role, surroundings, config, leash).run();
        } catch (ConfigException e) {
            end(role.name(), EXIT_CONFIG, String.join(" ", e.problems()));
        }
    }

    /** Says why, as a log line that needs no configuration, and ends the process. */
    private static void end(String role, int code, String reason) {
        try (OutputStream out = Logs.standardOutput()) {
            out.write(LogLine.ofText(role, "omni.role", Level.SEVERE, Instant.now(), reason)
                    .getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            Runtime.getRuntime().halt(code);
        }
        Runtime.getRuntime().halt(code);
    }
}
