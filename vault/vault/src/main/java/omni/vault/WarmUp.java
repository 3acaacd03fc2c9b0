package omni.vault;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Opens an empty vault once, under keys that nobody keeps, while another process derives the real ones: classes and libraries are
 * loaded then, which takes forty times as long as opening the vault does, and costs a sealed vault no memory. It is a part of no
 * promise: where it fails or is late, the vault opens slower.
 */
final class WarmUp implements AutoCloseable {
    private static final Duration WAIT_MAX = Duration.ofSeconds(5);

    private final Thread thread;

    private WarmUp(Thread thread) {
        this.thread = thread;
    }

    /** In a thread of its own, which does not outlive the process. */
    static WarmUp start(Path folder) {
        return new WarmUp(Thread.ofPlatform().daemon().name("warm-up").start(() -> {
            try {
                run(folder);
            } catch (IOException e) {
                System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "The warm-up came to nothing", e);
            }
        }));
    }

    /** Waits until it is done: to open the vault beside it would be no faster. */
    @Override
    public void close() {
        try {
            thread.join(WAIT_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Does it in a folder in that one, of which nothing is left afterwards. */
    static void run(Path folder) throws IOException {
        Path own = folder.resolve("warm-up");
        delete(own); // of one that was killed
        try {
            byte[] secret = Ids.bytes(Purpose.values().length * DataKeys.KEY_BYTES);
            open(own, keys(secret));
            open(own, keys(secret)); // one that is there already takes other ways
        } finally {
            delete(own);
        }
    }

    private static void open(Path folder, KeyRing keys) throws VaultException {
        try (OpenVault vault = OpenVault.open(folder, keys, Clock.systemUTC())) {
            vault.audit().add(AuditEvent.UNLOCKED, Map.of());
            vault.conversations().create(Map.of(), List.of(), Optional.empty());
            vault.conversations().list(Optional.empty(), 1);
        }
    }

    private static KeyRing keys(byte[] secret) throws VaultException {
        SecretMemory memory = SecretMemory.of(secret.length);
        memory.buffer().put(secret);
        return new KeyRing(
                memory,
                Arrays.stream(Purpose.values())
                        .map(purpose -> new KeyRing.Name(purpose, 1))
                        .toList());
    }

    private static void delete(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
