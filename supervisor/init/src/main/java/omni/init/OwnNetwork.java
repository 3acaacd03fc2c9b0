package omni.init;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A network of the roles' own that has nothing but a loopback, made without root by a user namespace (user_namespaces(7),
 * decision 0206).
 *
 * <pre>
 * the owner's own           supervisor, daemon, fetch, vault
 * └─ user and network       airgap, with every capability over this network and nothing else
 *                           every other role, with no capability and no way to one
 * </pre>
 *
 * Seen from outside all are processes of the owner; seen from inside the owner is root, which is what lets a program keep
 * capabilities when it starts. Nobody keeps the namespaces but this process by two descriptors: when it ends, however it ends,
 * they are gone with the last role.
 */
record OwnNetwork(Tools tools, HeldNamespace user, HeldNamespace network) implements RoleNetwork {
    /**
     * The one that listens to other programs, and the one that brings models: a loopback alone is no use to them. And the one
     * that holds keys: whoever owns a user namespace may look into the memory of what is in it, and the owner's programs own this one.
     */
    static final List<String> OUTSIDE = List.of("daemon", "fetch", "vault");

    private static final String CONTROLS = "airgap";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int REASON_CHARACTERS_MAX = 200;
    /** Says with an empty line that it runs, and waits for the end of its standard input. */
    private static final String WAITS = "echo && exec cat >/dev/null";

    /** Programs of util-linux that every start of a role takes. */
    record Tools(String nsenter, String setpriv) {}

    /**
     * Makes it.
     *
     * @throws IOException where this machine does not permit it; the message says why
     */
    static OwnNetwork make(Programs programs) throws IOException {
        String unshare = programs.get("unshare");
        Tools tools = new Tools(programs.get("nsenter"), programs.get("setpriv"));
        List<HeldNamespace> made = new ArrayList<>();
        try {
            hold(List.of(unshare, "--user", "--map-root-user", "--net", "--", programs.get("sh"), "-c", WAITS), made);
            var own = new OwnNetwork(tools, made.getFirst(), made.getLast());
            own.check("engine", programs.get("true"));
            if (programs.find("ip").isPresent()) { // nothing of Omni needs it, but a library may
                own.check(CONTROLS, programs.get("ip"), "link", "set", "lo", "up");
            }
            return own;
        } catch (IOException e) {
            made.forEach(HeldNamespace::close);
            throw e;
        }
    }

    /** Starts a program that waits, and holds its namespaces before it ends. */
    private static void hold(List<String> command, List<HeldNamespace> made) throws IOException {
        Process process = start(command);
        try (BufferedReader answer = process.inputReader(StandardCharsets.UTF_8)) {
            String line = Objects.requireNonNullElse(answer.readLine(), "no answer");
            if (!line.isEmpty()) { // what unshare says of its failure
                throw new IOException(shorten(line));
            }
            for (String kind : List.of("user", "net")) {
                made.add(HeldNamespace.of(process.pid(), kind));
            }
        } finally {
            process.getOutputStream().close();
            process.destroyForcibly();
        }
    }

    private static Process start(List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        Thread.ofVirtual().name("namespace-timer").start(() -> {
            try {
                if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly(); // then its answer ends
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return process;
    }

    /** Runs a program as that role is started: what does not work is found now. */
    private void check(String role, String... command) throws IOException {
        Process process = start(enter(role, List.of(command)));
        process.getOutputStream().close();
        try (BufferedReader answer = process.inputReader(StandardCharsets.UTF_8)) {
            String line = Objects.requireNonNullElse(answer.readLine(), "");
            if (process.waitFor() != 0) {
                throw new IOException(shorten(line));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String shorten(String line) {
        return line.substring(0, Math.min(line.length(), REASON_CHARACTERS_MAX));
    }

    /**
     * The uid, the gid and the groups stay as they are outside, so that devices and files stay reachable; the pid is that of
     * the program, for each of the tools becomes the next.
     */
    @Override
    public List<String> enter(String role, List<String> command) {
        if (OUTSIDE.contains(role)) {
            return command;
        }
        List<String> line = new ArrayList<>(List.of(
                tools.nsenter(), "--preserve-credentials", "--user=" + user.file(), "--net=" + network.file(), "--"));
        if (!role.equals(CONTROLS)) {
            line.addAll(List.of(tools.setpriv(), "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"));
        }
        line.addAll(command);
        return List.copyOf(line);
    }

    @Override
    public Map<String, String> variables(String role) {
        return role.equals(CONTROLS)
                ? Map.of("OMNI_AIRGAP_SCOPE", "/proc/self/ns/net", "OMNI_AIRGAP_OUTSIDE", String.join(" ", OUTSIDE))
                : Map.of();
    }

    /** The roles open this process's descriptors by /proc, which the kernel grants only of a process that may be looked into. */
    @Override
    public void hideSupervisor() {}

    @Override
    public String notIsolated() {
        return "all roles run as your own user, without a sandbox each; " + String.join(", ", OUTSIDE)
                + " with your network, and their egress is not enforced, for Omni does not run as root";
    }

    @Override
    public void close() {
        for (HeldNamespace namespace : List.of(user, network)) {
            try {
                namespace.close();
            } catch (UncheckedIOException e) {
                System.getLogger("omni.init").log(System.Logger.Level.DEBUG, "A namespace did not close", e);
            }
        }
    }
}
