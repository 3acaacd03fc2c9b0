package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import omni.bus.ProbeProtocol.SayParams;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where sockets lie, how long their paths may be, and what happens to files that are in the way. */
final class RunDirectoryTest {
    @TempDir
    Path folder;

    @Test
    void prefersTheNearestSetting() throws IOException {
        String run = folder.resolve("run").toString();
        String runtime = folder.resolve("runtime").toString();
        String home = folder.resolve("home").toString();
        var all = Map.of("OMNI_RUN", run, "XDG_RUNTIME_DIR", runtime, "OMNI_HOME", home);
        assertEquals(Path.of(run), RunDirectory.resolve(all));
        assertEquals(
                Path.of(runtime, "omni"),
                RunDirectory.resolve(Map.of("OMNI_RUN", "", "XDG_RUNTIME_DIR", runtime, "OMNI_HOME", home)));
        assertEquals(Path.of(home, "run"), RunDirectory.resolve(Map.of("OMNI_HOME", home)));
        assertEquals("rwx------", mode(Path.of(home, "run")));
    }

    @Test
    void toLookForASocketMakesNothing() throws IOException {
        Path run = folder.resolve("run");
        var env = Map.of("OMNI_RUN", run.toString());
        assertEquals(Optional.empty(), RunDirectory.present(env, "r"));
        assertTrue(Files.notExists(run));
        Files.createDirectory(run, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path socket = Files.createFile(run.resolve("r.sock"));
        assertEquals(Optional.of(socket), RunDirectory.present(env, "r"));
        assertEquals(Optional.empty(), RunDirectory.present(env, "s"));
        assertEquals("rwxr-xr-x", mode(run));
    }

    @Test
    void oneIsNamedWhosoeverItIsAndMadeByNobody() throws IOException {
        Path run = folder.resolve("run");
        var env = Map.of("OMNI_RUN", run.toString());
        assertEquals(run, RunDirectory.named(env));
        assertTrue(Files.notExists(run));
        Files.createDirectory(run);
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(BusException.class, () -> RunDirectory.resolve(env), "the control");
        assertEquals(run, RunDirectory.named(env));
        assertEquals("rwxrwxrwx", mode(run));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void refusesAFolderThatOthersMayWriteTo() throws IOException {
        Path open = Files.createDirectory(folder.resolve("open"));
        var env = Map.of("OMNI_RUN", open.toString());
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(BusException.class, () -> RunDirectory.resolve(env));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEquals(open, RunDirectory.resolve(env));
        assertEquals("rwx------", mode(open));
    }

    @Test
    void refusesAPathThatTheSystemCannotBind() {
        int max = RunDirectory.SOCKET_PATH_BYTES_MAX;
        int room = max - folder.toString().length() - "//r.sock".length();
        Path fits = folder.resolve("d".repeat(room));
        assertEquals(max, RunDirectory.socket(fits, "r").toString().length());
        var refusal =
                assertThrows(BusException.class, () -> RunDirectory.socket(folder.resolve("d".repeat(room + 1)), "r"));
        assertTrue(refusal.getMessage().contains("OMNI_RUN"), refusal.getMessage());
        // Bytes count, not characters.
        assertThrows(BusException.class, () -> RunDirectory.socket(folder.resolve("d".repeat(room - 1) + "ä"), "r"));
    }

    @Test
    void theLongestPathReallyBinds() throws IOException {
        int room = RunDirectory.SOCKET_PATH_BYTES_MAX - folder.toString().length() - "//r.sock".length();
        Path fits = Files.createDirectory(folder.resolve("d".repeat(room)));
        Path socket = RunDirectory.socket(fits, "r");
        try (BusServer _ = serve(socket)) {
            say(socket);
        }
    }

    private static BusServer serve(Path socket) {
        return BusServer.at(socket)
                .service(ProbeProtocol.service(new ProbeHandler()))
                .start();
    }

    private static void say(Path socket) {
        try (BusClient bus = BusClient.to(socket)) {
            ProbeProtocol.Client.of(bus).say(new SayParams("in"));
        }
    }

    @Test
    void clearsWhatADeadServerLeft() throws IOException {
        Path socket = folder.resolve("stale.sock");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertTrue(Files.exists(socket));
        try (BusServer _ = serve(socket)) {
            say(socket);
        }
    }

    @Test
    void leavesALiveServerAlone() {
        Path socket = folder.resolve("live.sock");
        try (BusServer _ = serve(socket)) {
            var refusal = assertThrows(BusException.class, () -> serve(socket));
            assertTrue(refusal.getMessage().contains(socket.toString()), refusal.getMessage());
            say(socket);
        }
    }

    @Test
    void leavesAFileAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("file.sock"), "precious");
        assertThrows(BusException.class, () -> serve(file));
        assertEquals("precious", Files.readString(file));
    }

    @Test
    void closingLeavesAnothersSocketAlone() throws IOException {
        Path socket = folder.resolve("taken.sock");
        BusServer first = serve(socket);
        Files.delete(socket);
        try (BusServer _ = serve(socket)) {
            first.close();
            say(socket);
        }
    }
}
