package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.vault.VaultProtocol.FailedReason;
import omni.vault.VaultProtocol.VerifyParams;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code omni.Vault.Verify} of an open vault, over the bus: it sees a byte that was changed in any of its files. */
final class VaultVerifyTest {
    @TempDir
    Path home;

    private VaultHome at;
    private Vault vault;
    private BusServer server;
    private BusClient bus;
    private VaultProtocol.Client client;

    @BeforeEach
    void make() throws IOException {
        at = new VaultHome(home.resolve("vault"), Clock.systemUTC());
        vault = at.made();
        Path socket = Files.createTempDirectory("ov").resolve("vault.sock");
        server = BusServer.at(socket)
                .service(VaultProtocol.service(new VaultService(vault, Duration.ZERO, List::of)))
                .start();
        bus = BusClient.to(socket);
        client = VaultProtocol.Client.of(bus);
        byte[] content = new byte[(1 << 20) + 10_000]; // two segments
        SealedFiles.open(
                        at.folder.resolve("files"),
                        vault.open().keys(),
                        Purpose.FILES,
                        vault.name(),
                        FileLimits.DEFAULT)
                .write("document", "a", content.length, new ByteArrayInputStream(content));
        vault.open()
                .conversations()
                .create(Map.of("a", "b"), List.of(TestVault.message("about owls")), Optional.empty());
        vault.open().audit().add(AuditEvent.PROVED, Map.of());
    }

    @AfterEach
    void close() throws VaultException {
        bus.close();
        server.close();
        if (vault.peek().isPresent()) {
            vault.open().close();
        }
    }

    private List<String> problems() {
        return client.verify(new VerifyParams(null)).problems();
    }

    private Path largeFile() throws IOException {
        try (Stream<Path> files = Files.walk(at.folder.resolve("files"))) {
            return files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
    }

    @Test
    void aByteThatWasChangedIsFoundInEachKindOfFile() throws IOException {
        assertEquals(List.of(), problems(), "the control");
        for (Path file : List.of(
                at.folder.resolve(KeyKeeper.FILE),
                largeFile(),
                at.folder.resolve("audit.pub"),
                at.folder.resolve("audit.head"),
                at.folder.resolve("records.db"))) {
            byte[] whole = Files.readAllBytes(file);
            for (int place : new int[] {whole.length / 3, whole.length - 2}) {
                byte[] changed = whole.clone();
                changed[place] ^= 1;
                Files.write(file, changed);
                List<String> problems = problems();
                assertTrue(!problems.isEmpty(), () -> file + " at " + place);
                Files.write(file, whole);
            }
            assertEquals(List.of(), problems(), () -> file + " is as it was");
        }
        Files.delete(at.folder.resolve(KeyKeeper.FILE));
        assertTrue(problems().getFirst().contains(KeyKeeper.FILE));
    }

    /** As one on a bad spot: what can be read is told all the same. */
    @Test
    void aKeyFileThatCannotBeReadIsAProblem() throws IOException {
        Files.delete(at.folder.resolve(KeyKeeper.FILE));
        Files.createDirectory(at.folder.resolve(KeyKeeper.FILE)); // reading it is an error of the system
        var report = client.verify(new VerifyParams(null));
        assertTrue(report.problems().getFirst().contains("cannot be read"), report.problems()::toString);
        assertTrue(report.pages() > 0);
    }

    /** Each step of it is told, and it is no use: at its end all is as before. */
    @Test
    void readingLargeFilesGoesOnByItsSteps() throws IOException {
        var steps = new AtomicInteger();
        List<String> problems = SealedFiles.problems(
                at.folder.resolve("files"), vault.open().keys(), Purpose.FILES, vault.name(), steps::incrementAndGet);
        assertEquals(List.of(), problems);
        assertEquals(2, steps.get(), "segments");
    }

    /** What the owner changes is no damage. */
    @Test
    void theKeyFileIsTheVaultsOwnAfterAnotherPassword() throws VaultException {
        VaultHome.call(vault, SecretCall.Verb.CHANGE_PASSWORD, Made.PASSWORD, "", "another password", "");
        VaultHome.call(vault, SecretCall.Verb.ROTATE, "another password", "");
        assertEquals(List.of(), problems());
    }

    @Test
    void whatWasKeptElsewhereIsCompared() throws VaultException {
        String newest = client.verify(new VerifyParams(null)).newest();
        vault.open().audit().add(AuditEvent.PROVED, Map.of());
        var later = client.verify(new VerifyParams(newest));
        assertEquals(List.of(), later.problems());
        String number = newest.split(" ", 2)[0];
        var other = client.verify(new VerifyParams(number + " " + "0".repeat(64)));
        assertEquals(List.of("Line " + number + " is another one than was known."), other.problems());
        var longer = client.verify(new VerifyParams("999 " + "0".repeat(64)));
        assertTrue(longer.problems().getFirst().contains("line 999 was known"));
        for (String none : List.of("x", "")) {
            assertEquals(
                    FailedReason.INVALID,
                    assertThrows(VaultProtocol.Failed.class, () -> client.verify(new VerifyParams(none)))
                            .reason());
        }
    }

    /** Who has the records for long, as a check has, does not keep a lock from being known. */
    @Test
    void aLockThatCannotBeWrittenAmongTheRecordsIsWrittenBeside() throws Exception {
        var held = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        var writer = Aside.start(
                "writer",
                () -> vault.open().records().write(_ -> {
                    held.countDown();
                    try {
                        done.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return true;
                }));
        held.await();
        Records records = vault.open().records();
        vault.lock("a test");
        assertEquals(
                List.of(AuditEvent.LOCKED),
                SealedLog.in(at.folder).orElseThrow().lines().stream()
                        .map(SealedLine::event)
                        .toList());
        assertEquals(1, at.ends.get());
        done.countDown();
        writer.get();
        records.close();
    }
}
