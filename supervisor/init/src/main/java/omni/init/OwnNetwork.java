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
 * A network of the roles' own that has nothing but a loopback, made without root: by two user namespaces, one in the other
 * (user_namespaces(7), decision 0206).
 *
 * <pre>
 * the owner's own      supervisor, daemon, fetch
 * └─ upper user        airgap: the owner is root in here, so that its program has every capability, over
 *    │                 what is below and nothing else
 *    └─ lower user     every other role: the owner is itself in here, so that its program has none;
 *                      the network belongs to this one
 * </pre>
 *
 * Seen from outside all are processes of the owner. Nobody keeps the namespaces but this process by three descriptors: when it
 * ends, however it ends, they are gone with the last role.
 */
record OwnNetwork(String nsenter, HeldNamespace upper, HeldNamespace lower, HeldNamespace network)
        implements RoleNetwork {
    /** The one that listens to other programs, and the one that brings models: a loopback alone is no use to them. */
    static final List<String> OUTSIDE = List.of("daemon", "fetch");

    private static final String CONTROLS = "airgap";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int REASON_CHARACTERS_MAX = 200;

    /**
     * Makes it.
     *
     * @throws IOException where this machine does not permit it; the message says why
     */
    static OwnNetwork make(Owner owner, Programs programs) throws IOException {
        String unshare = programs.get("unshare");
        String nsenter = programs.get("nsenter");
        String cat = programs.get("cat");
        List<HeldNamespace> made = new ArrayList<>();
        try {
            hold(List.of(unshare, "--user", "--map-root-user", "--", cat), List.of("user"), made);
            List<String> below = new ArrayList<>(into(nsenter, made.getFirst()));
            below.addAll(List.of(unshare, "--user", "--map-user=" + owner.user(), "--map-group=" + owner.group()));
            below.addAll(List.of("--net", "--", cat));
            hold(below, List.of("user", "net"), made);
            var network = new OwnNetwork(nsenter, made.get(0), made.get(1), made.get(2));
            network.check(programs.get("true"));
            if (programs.find("ip").isPresent()) { // nothing of Omni needs it, but a library may
                network.check(programs.get("ip"), "link", "set", "lo", "up");
            }
            return network;
        } catch (IOException e) {
            made.forEach(HeldNamespace::close);
            throw e;
        }
    }

    /** Starts a program that answers as cat does, and holds its namespaces before it ends. */
    private static void hold(List<String> command, List<String> kinds, List<HeldNamespace> made) throws IOException {
        Process process = start(command);
        try (BufferedReader answer = process.inputReader(StandardCharsets.UTF_8)) {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            String line = Objects.requireNonNullElse(answer.readLine(), "no answer");
            if (!line.isEmpty()) { // what unshare or nsenter says of its failure
                throw new IOException(shorten(line));
            }
            for (String kind : kinds) {
                made.add(HeldNamespace.of(process.pid(), kind));
            }
        } finally {
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

    /** A program as the role that controls the network is started: what cannot be entered is found now. */
    private void check(String... command) throws IOException {
        Process process = start(enter(CONTROLS, List.of(command)));
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

    /** The credentials are kept: uid, gid and groups are the same outside, so that devices and files stay reachable. */
    private static List<String> into(String nsenter, HeldNamespace user) {
        return List.of(nsenter, "--preserve-credentials", "--user=" + user.file());
    }

    @Override
    public List<String> enter(String role, List<String> command) {
        if (OUTSIDE.contains(role)) {
            return command;
        }
        List<String> line = new ArrayList<>(into(nsenter, role.equals(CONTROLS) ? upper : lower));
        line.addAll(List.of("--net=" + network.file(), "--"));
        line.addAll(command);
        return List.copyOf(line);
    }

    @Override
    public Map<String, String> variables(String role) {
        return role.equals(CONTROLS)
                ? Map.of("OMNI_AIRGAP_SCOPE", "/proc/self/ns/net", "OMNI_AIRGAP_OUTSIDE", String.join(" ", OUTSIDE))
                : Map.of();
    }

    @Override
    public String notIsolated() {
        return "all roles run as your own user, without a sandbox each; " + String.join(" and ", OUTSIDE)
                + " with your network, and their egress is not enforced, for Omni does not run as root";
    }

    @Override
    public void close() {
        for (HeldNamespace namespace : List.of(upper, lower, network)) {
            try {
                namespace.close();
            } catch (UncheckedIOException e) {
                System.getLogger("omni.init").log(System.Logger.Level.DEBUG, "A namespace did not close", e);
            }
        }
    }
}
