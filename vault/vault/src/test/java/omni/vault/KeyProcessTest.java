package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The child process: who may talk to the vault in its name, and what ends it. */
final class KeyProcessTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path run;

    @TempDir
    Path elsewhere;

    private static List<String> shell(String script) {
        return List.of("/bin/sh", "-c", script);
    }

    private static VaultException failure(KeyProcess process) {
        VaultException failed = assertThrows(VaultException.class, process::connect);
        assertEquals(VaultException.Reason.FAILED, failed.reason());
        return failed;
    }

    private Path socketFolder() throws IOException {
        try (Stream<Path> files = Files.list(run)) {
            return files.findFirst().orElseThrow();
        }
    }

    private SocketChannel stranger() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socketFolder().resolve("s")));
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(List.of(), files.toList());
        }
        assertTrue(ProcessHandle.current()
                .children()
                .noneMatch(child -> child.info().commandLine().orElse("").contains(run.toString())));
    }

    @Test
    void aChildThatEndsAtOnceIsToldWithItsCode() throws IOException {
        try (KeyProcess process = new KeyProcess(shell("exit 7"), run, LONG)) {
            assertTrue(failure(process).getMessage().contains("ended with 7"));
        }
        assertNothingIsLeft();
    }

    @Test
    void aProgramThatIsNotThereIsTold() throws IOException {
        try (KeyProcess process = new KeyProcess(List.of("/no/such/program"), run, LONG)) {
            assertTrue(failure(process).getMessage().startsWith("No process"));
        }
        assertNothingIsLeft();
    }

    @Test
    void aChildThatTakesTooLongIsEnded() throws IOException {
        try (KeyProcess process = new KeyProcess(shell("exec /bin/sleep 1000"), run, Duration.ofMillis(100))) {
            assertTrue(failure(process).getMessage().contains("within"));
        }
        assertNothingIsLeft();
    }

    @Test
    void aStrangerThatSaysNothingHoldsNobodyLongerThanTheChildLives() throws IOException {
        try (KeyProcess process = new KeyProcess(shell("exec /bin/sleep 1000"), run, Duration.ofSeconds(1));
                SocketChannel silent = stranger()) {
            assertTrue(silent.isConnected());
            assertTrue(failure(process).getMessage().contains("within"));
        }
        assertNothingIsLeft();
    }

    @Test
    void theSocketIsInAFolderForItsOwnerAlone() throws IOException {
        try (KeyProcess _ = new KeyProcess(shell("exec /bin/sleep 1000"), run, LONG)) {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socketFolder())));
        }
        assertNothingIsLeft();
    }

    /** A child that gives its token away shows that the token, and nothing else, lets one in. */
    @Test
    void whoHasNotTheTokenIsSentAway() throws Exception {
        Path token = elsewhere.resolve("token");
        String script =
                "/usr/bin/head -c 32 >" + token + ".new; /bin/mv " + token + ".new " + token + "; exec /bin/sleep 1000";
        try (KeyProcess process = new KeyProcess(shell(script), run, LONG)) {
            CompletableFuture<SocketChannel> connected = CompletableFuture.supplyAsync(() -> {
                try {
                    return process.connect();
                } catch (VaultException e) {
                    throw new IllegalStateException(e);
                }
            });
            try (SocketChannel gone = stranger()) {
                assertTrue(gone.isConnected());
            }
            try (SocketChannel wrong = stranger()) {
                assertEquals(32, wrong.write(ByteBuffer.wrap(new byte[32])));
                assertEquals(-1, wrong.read(ByteBuffer.allocate(1)));
            }
            while (!Files.exists(token)) {
                Thread.onSpinWait();
            }
            try (SocketChannel right = stranger()) {
                byte[] said = Files.readAllBytes(token);
                assertEquals(32, right.write(ByteBuffer.wrap(said)));
                SocketChannel other = connected.get(5, TimeUnit.MINUTES);
                assertEquals(2, other.write(ByteBuffer.wrap(new byte[] {1, 2})));
                assertArrayEquals(new byte[] {1, 2}, KeyWire.read(right, 2).array());
            }
        }
        assertNothingIsLeft();
    }

    /** The real child, held before its request: nothing of the vault's is in it, and it may leave no core. */
    @Test
    void aChildDiesWithTheVault() throws Exception {
        Process vault = new ProcessBuilder(TestJava.command(List.of(), KeeperMain.class, run.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = vault.inputReader(StandardCharsets.UTF_8)) {
            ProcessHandle child =
                    ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
            Path limits = Path.of("/proc", Long.toString(child.pid()), "limits");
            assertTrue(
                    Files.readAllLines(limits).stream().anyMatch(line -> line.matches("Max core file size +0 +0 .*")));
            vault.destroyForcibly();
            assertTrue(child.onExit().get(5, TimeUnit.MINUTES).pid() > 0);
        }
    }

    /** A child whose parent is not who it should be does nothing. */
    @Test
    void aChildOfAnotherParentEnds() throws Exception {
        List<String> line =
                TestJava.command(List.of(), KeyMain.class, run.resolve("none").toString(), "1");
        Process process = new ProcessBuilder(line).inheritIO().start();
        assertEquals(4, process.waitFor());
    }

    @Test
    void aFolderWithTooLongANameIsTold() throws IOException {
        Path far = Files.createDirectories(run.resolve("x".repeat(120)));
        VaultException failed = assertThrows(VaultException.class, () -> new KeyProcess(shell("exit 0"), far, LONG));
        assertTrue(failed.getMessage().startsWith("No socket for keys"));
        try (Stream<Path> files = Files.list(far)) {
            assertEquals(List.of(), files.toList());
        }
    }
}
