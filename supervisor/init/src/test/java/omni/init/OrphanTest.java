package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.init.RoleSpec.Presence;
import omni.init.RoleSpec.Restart;
import omni.role.Config;
import omni.role.Section;
import org.junit.jupiter.api.Test;

/** What is left when the supervisor itself is killed: nothing. */
final class OrphanTest {
    private static final String MARK = "-Domni.test.home=";

    /** A supervisor as a process of its own; prints the pids of its roles, then that of an unprotected child. */
    public static final class Main {
        private Main() {}

        /** Starts a tree in the given home, and waits. */
        public static void main(String[] arguments) throws Exception {
            Place place = Rig.place(Path.of(arguments[0]));
            Roster roster = Roster.of(List.of(marked("first", place.home()), marked("second", place.home(), "first")));
            var config = Config.load(place.home().resolve("omni.toml"), Section.all());
            TreeRun run = TreeRun.start(place, config, roster, Rig.launcher(place), (role, bad, line) -> {});
            run.awaitReady(Optional.empty());
            System.out.println(run.snapshot().role("first").pid());
            System.out.println(run.snapshot().role("second").pid());
            System.out.println(new ProcessBuilder("sleep", "1000").start().pid());
            run.await();
        }
    }

    @Test
    void noRoleOutlivesAKilledSupervisor() throws Exception {
        Path home = Rig.home("");
        try {
            List<Long> pids = killSupervisor(home, 3);
            Await.gone(pids.get(0));
            Await.gone(pids.get(1));
            // The control: a child without the leash is still there, so it is the leash that made the others go.
            assertTrue(ProcessHandle.of(pids.get(2)).isPresent());
            Rig.signal("KILL", pids.get(2));
            Await.gone(pids.get(2));
            // What is left does not stand in the way of the next tree.
            List<Long> next = killSupervisor(home, 3);
            Await.gone(next.get(0));
            Await.gone(next.get(1));
            Rig.signal("KILL", next.get(2));
        } finally {
            Rig.delete(home);
        }
    }

    @Test
    void noRoleOutlivesASupervisorKilledDuringStartUp() throws Exception {
        Path home = Rig.home("");
        try {
            killSupervisor(home, 0);
            Await.until("no process works for " + home, () -> workingFor(home).isEmpty());
        } finally {
            Rig.delete(home);
        }
    }

    /** Starts a supervisor, reads that many pids from it, kills it, and returns them. */
    private static List<Long> killSupervisor(Path home, int pids) throws Exception {
        var builder = new ProcessBuilder(Rig.java()
                .line(
                        List.of("-XX:TieredStopAtLevel=1", "-Xmx64m"),
                        "omni.init",
                        Main.class.getName(),
                        home.toString()));
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process supervisor = builder.start();
        List<Long> read = new ArrayList<>();
        try (BufferedReader out = supervisor.inputReader(StandardCharsets.UTF_8)) {
            while (read.size() < pids) {
                read.add(Long.parseLong(out.readLine()));
            }
            if (pids == 0) {
                Await.until("a role is starting", () -> !workingFor(home).isEmpty());
            }
            supervisor.toHandle().destroyForcibly();
            assertEquals(137, supervisor.waitFor());
        }
        return read;
    }

    /** Processes of roles that carry that home in their command line: all else of a role is hidden from others. */
    private static List<Long> workingFor(Path home) {
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process.pid()).contains(MARK + home + "/"))
                .map(ProcessHandle::pid)
                .toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private static RoleSpec marked(String name, Path home, String... dependsOn) {
        return new RoleSpec(
                name, List.of(dependsOn), Restart.ONE_FOR_ONE, Presence.RESIDENT, 32, List.of(MARK + home + "/"));
    }
}
