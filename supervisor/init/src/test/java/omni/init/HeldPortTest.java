package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import omni.init.RoleSpec.Restart;
import omni.role.Config;
import omni.role.Section;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The port that outlives the role which listens on it, and ends with the supervisor: each in a process of its own. */
final class HeldPortTest {
    private static final String SILENT =
            "liveness = \"10m\"\nrestarts_max = 100\nbackoff_first = \"1s\"\nbackoff_max = \"1s\"";

    private Path home = Path.of("");

    /** A supervisor as a process of its own, for standard input is lent; prints how its role is, a line each time it changes. */
    public static final class Main {
        private Main() {}

        /** Starts that role in that home with that port; "end" on standard input ends it in order. */
        public static void main(String[] arguments) throws Exception {
            Place place = Rig.place(Path.of(arguments[0]));
            String role = arguments[1];
            var port = new HeldPort(role, "127.0.0.1", Integer.parseInt(arguments[2]));
            var config = Config.load(place.home().resolve("omni.toml"), Section.all());
            var launcher = Rig.launcher(place, new SharedNetwork(""), Optional.of(port));
            Roster roster = Roster.of(List.of(
                    Rig.resident("first", Restart.ONE_FOR_ONE), Rig.resident(role, Restart.ONE_FOR_ONE, "first")));
            try (TreeRun run = TreeRun.start(place, config, roster, launcher, (name, bad, line) -> {})) {
                if (run.awaitReady(Optional.empty())) {
                    System.out.println(run.snapshot().role(role).note());
                    System.out.println(run.snapshot().role("first").note());
                    System.out.println(System.in.read() == 'e' ? "heard" : "deaf");
                    run.stop("the test is over");
                }
                System.out.println(run.await().reason());
            }
            System.out.println("closed");
            System.in.read();
        }
    }

    /** Such a process and what it has printed. */
    private record Supervisor(Process process, BufferedReader out) implements AutoCloseable {
        String line() throws IOException {
            return Objects.requireNonNull(out.readLine(), "the supervisor has ended");
        }

        void say(char word) throws IOException {
            process.getOutputStream().write(word);
            process.getOutputStream().flush();
        }

        @Override
        public void close() throws IOException {
            out.close();
            try {
                process.destroyForcibly().waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @BeforeEach
    void make() throws IOException {
        home = Rig.home(SILENT);
    }

    @AfterEach
    void remove() {
        Rig.delete(home);
    }

    private Supervisor start(String role, int port) throws IOException {
        Process process = new ProcessBuilder(Rig.java()
                        .line(
                                List.of("-XX:TieredStopAtLevel=1", "-Xmx64m"),
                                "omni.init",
                                Main.class.getName(),
                                home.toString(),
                                role,
                                Integer.toString(port)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Supervisor(process, process.inputReader(StandardCharsets.UTF_8));
    }

    /** The process that answers on that port. */
    private static long answer(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Long.parseLong(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aClientWaitsForTheNextProcessAndThePortStaysTheSame() throws Exception {
        try (Supervisor supervisor = start("listener", 0)) {
            int port = Integer.parseInt(supervisor.line());
            assertTrue(supervisor.line().contains("pipe=3"), "another role has its pipes and nothing of the port");
            long pid = answer(port);
            for (int i = 0; i < 3; i++) {
                Rig.signal("KILL", pid);
                Await.gone(pid);
                long next = answer(port); // a second before there is anybody to give it
                assertNotEquals(pid, next);
                pid = next;
            }
            // Standard input is the supervisor's own again, and no longer a socket.
            supervisor.say('e');
            assertEquals("heard", supervisor.line());
            assertEquals("the test is over", supervisor.line());
            assertEquals("closed", supervisor.line());
            Await.gone(pid);
            assertTrue(
                    PortHolder.isFree("127.0.0.1", port), "the port is free while the supervisor's process still is");
        }
    }

    @Test
    void theProcessEndsWithAKilledSupervisorAndThePortIsFree() throws Exception {
        try (Supervisor supervisor = start("listener", 0)) {
            int port = Integer.parseInt(supervisor.line());
            long pid = answer(port);
            supervisor.process().destroyForcibly().waitFor();
            Await.gone(pid);
            assertTrue(PortHolder.isFree("127.0.0.1", port));
        }
    }

    @Test
    void whereNoSignalTellsIfTheSupervisorIsGoneTheProcessLooksItself() throws Exception {
        try (Supervisor supervisor = start("unsignalled", 0)) {
            int port = Integer.parseInt(supervisor.line());
            long pid = answer(port);
            supervisor.process().destroyForcibly().waitFor();
            Await.gone(pid);
            assertTrue(PortHolder.isFree("127.0.0.1", port));
        }
    }

    @Test
    void aTakenPortIsTheReasonOfTheTree() throws Exception {
        Rig.delete(home);
        home = Rig.home("restarts_max = 1\nbackoff_first = \"10ms\"");
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Supervisor supervisor = start("listener", busy.getLocalPort())) {
            String reason = supervisor.line();
            assertTrue(reason.contains("listener could not be started: Cannot listen on 127.0.0.1:"), reason);
            assertEquals("closed", supervisor.line());
        }
    }

    @Test
    void nothingIsOpenedAfterTheEnd() {
        var port = new HeldPort("daemon", "127.0.0.1", 0);
        port.close();
        assertTrue(port.isOf("daemon"));
        assertFalse(port.isOf("engine"));
        var refused = assertThrows(IOException.class, () -> port.start(new ProcessBuilder("true")));
        assertTrue(String.valueOf(refused.getMessage()).contains("any more"));
    }
}
