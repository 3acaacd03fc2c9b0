package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import omni.init.RoleSpec.Restart;
import omni.role.Config;
import omni.role.Section;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A tree without root in a network of its own, seen by root, who may look into every process. */
final class OwnNetworkBoxTest {
    private static final List<String> ROLES = List.of("airgap", "engine", "daemon");
    private static final String NONE = "0".repeat(16);

    private OtherUser user;
    private Path home;

    /** A supervisor as a process of its own; prints what is not isolated, then each role's pid and note. */
    public static final class Main {
        private Main() {}

        /** Starts a tree in the given home, and waits. */
        public static void main(String[] arguments) throws Exception {
            Place place = Rig.place(Path.of(arguments[0]));
            Roster roster = Roster.of(ROLES.stream()
                    .map(role -> Rig.resident(role, Restart.ONE_FOR_ONE))
                    .toList());
            var config = Config.load(place.home().resolve("omni.toml"), Section.all());
            ProcessLauncher launcher = Rig.launcher(place, RoleNetwork.of(System.getenv()));
            System.out.println(launcher.notIsolated());
            TreeRun run = TreeRun.start(place, config, roster, launcher, (role, bad, line) -> {});
            run.awaitReady(Optional.empty());
            for (String role : ROLES) {
                System.out.println(run.snapshot().role(role).pid());
                System.out.println(run.snapshot().role(role).note());
            }
            run.await();
        }
    }

    /** What that process has printed. */
    private record Tree(Process supervisor, String missing, Map<String, Long> pids, Map<String, String> notes) {
        long pid(String role) {
            return Objects.requireNonNull(pids.get(role));
        }

        String note(String role) {
            return Objects.requireNonNull(notes.get(role));
        }
    }

    @BeforeEach
    void make() throws Exception {
        user = new OtherUser();
        home = Rig.home("");
        user.give(home);
    }

    @AfterEach
    void remove() {
        user.close();
        Rig.delete(home);
    }

    private Tree start(String path) throws IOException {
        ProcessBuilder builder = user.java(Main.class, home.toString());
        builder.environment().put("PATH", path);
        Process supervisor = builder.start();
        BufferedReader out = supervisor.inputReader(StandardCharsets.UTF_8);
        String missing = line(out);
        Map<String, Long> pids = new HashMap<>();
        Map<String, String> notes = new HashMap<>();
        for (String role : ROLES) {
            pids.put(role, Long.parseLong(line(out)));
            notes.put(role, line(out));
        }
        return new Tree(supervisor, missing, pids, notes);
    }

    private static String line(BufferedReader out) throws IOException {
        return Objects.requireNonNull(out.readLine(), "the supervisor has ended");
    }

    private static String namespace(long pid, String kind) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "ns", kind))
                    .toString();
        } catch (IOException e) {
            return "none";
        }
    }

    private static List<Long> in(String network) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> namespace(pid, "net").equals(network))
                .toList();
    }

    @Test
    void allRolesButThoseThatListenOrFetchShareANetworkOfTheirOwn() throws Exception {
        Tree tree = start(System.getenv("PATH"));
        try {
            String outside = namespace(tree.supervisor().pid(), "net");
            String network = namespace(tree.pid("engine"), "net");
            assertNotEquals(outside, network);
            assertEquals(network, namespace(tree.pid("airgap"), "net"));
            assertEquals(outside, namespace(tree.pid("daemon"), "net"));
            assertEquals(2, in(network).size(), "nothing keeps it but the roles themselves");
            for (long pid : tree.pids().values()) {
                String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
                assertTrue(status.contains("\nUid:\t" + (OtherUser.ID + "\t").repeat(3)), status);
            }
            rights(tree);
            assertTrue(tree.missing().contains("daemon, fetch, vault with your network"), tree.missing());
            assertTrue(tree.missing().contains("egress is not enforced"), tree.missing());

            // A role that is started again is in the same one.
            Rig.signal("KILL", tree.pid("airgap"));
            Await.gone(tree.pid("airgap"));
            Await.until("the role is back", () -> in(network).size() == 2);
            Rig.signal("KILL", tree.pid("engine"));
            Await.gone(tree.pid("engine"));
            Await.until("the role is back", () -> in(network).size() == 2);

            tree.supervisor().destroyForcibly().waitFor();
            Await.until("all is gone with the supervisor", () -> in(network).isEmpty());
            Await.gone(tree.pid("daemon"));
        } finally {
            tree.supervisor().destroyForcibly().waitFor();
        }
    }

    private static void rights(Tree tree) {
        String airgap = tree.note("airgap");
        assertTrue(airgap.startsWith("0, ") && !airgap.contains(NONE), airgap);
        assertTrue(airgap.endsWith("scope /proc/self/ns/net"), airgap);
        assertEquals("0, " + NONE + ", " + NONE + ", scope none", tree.note("engine"));
        String daemon = tree.note("daemon");
        assertTrue(daemon.startsWith(OtherUser.ID + ", " + NONE + ", "), daemon);
        assertEquals(namespace(tree.supervisor().pid(), "user"), namespace(tree.pid("daemon"), "user"));
    }

    @Test
    void whereItIsNotPermittedTheTreeStartsAsBeforeAndSaysWhy() throws Exception {
        Path programs = Files.createDirectory(home.resolve("programs"));
        Path unshare = Files.writeString(programs.resolve("unshare"), "#!/bin/sh\necho not permitted\nexit 1\n");
        Files.setPosixFilePermissions(unshare, PosixFilePermissions.fromString("rwxr-xr-x"));
        user.give(programs);
        Tree tree = start(programs + ":" + System.getenv("PATH"));
        try {
            String outside = namespace(tree.supervisor().pid(), "net");
            for (String role : ROLES) {
                assertEquals(outside, namespace(tree.pid(role), "net"), role);
                String note = tree.note(role);
                assertTrue(note.startsWith(OtherUser.ID + ", " + NONE + ", ") && note.endsWith("scope none"), note);
            }
            assertTrue(tree.missing().contains("with your network"), tree.missing());
            assertTrue(tree.missing().contains("not permitted"), tree.missing());
        } finally {
            tree.supervisor().destroyForcibly().waitFor();
            tree.pids().values().forEach(Await::gone);
        }
    }
}
