package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import omni.role.PrivateFile;
import omni.tpm.Tpm;
import omni.tpm.TpmException;

/**
 * The key of the evidence, in a folder's file {@code key}: sealed by the TPM where there is one ({@link SealedKey}), and else its 32 bytes
 * as they are. One that lies there as it is gets sealed once there is a TPM. Waits for a TPM and is for a thread that may.
 */
final class EvidenceKey {
    static final String FILE = "key";

    private static final Duration AGAIN = Duration.ofMillis(500);

    private final Path file;
    private final EvidenceTpm tpm;

    private EvidenceKey(Path file, EvidenceTpm tpm) {
        this.file = file;
        this.tpm = tpm;
    }

    /**
     * A key that signs.
     *
     * @param limit why no TPM has sealed it, where one was to
     */
    record Opened(DeviceKey key, Optional<String> limit) {}

    /**
     * The one in that folder, which is made where there is none and no evidence either.
     *
     * @throws LostKeyException where there is evidence, and its key is not to be had any more
     */
    static Opened in(Path folder, EvidenceTpm tpm) throws AirgapException {
        Path file = folder.resolve(FILE);
        try {
            Optional<byte[]> kept = read(file);
            if (kept.isEmpty() && Files.exists(folder.resolve(EvidenceChain.FILE))) {
                throw new LostKeyException("The file of its key, " + file + ", is gone.");
            }
            return new EvidenceKey(file, tpm).open(kept);
        } catch (AirgapException e) {
            throw e;
        } catch (IOException e) {
            throw new AirgapException("The signing key cannot be kept in " + file + ".", e);
        }
    }

    /** What is in the file, and no more than is looked at. */
    static Optional<byte[]> read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(in.readNBytes(SealedKey.BYTES_MAX + 1));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** The public half, as the file tells it without a TPM; nothing where it is damaged. */
    static Optional<byte[]> publicKey(byte[] kept) {
        return kept.length == DeviceKey.SEED_BYTES
                ? Optional.of(DeviceKey.of(kept).publicKey())
                : SealedKey.read(kept).map(SealedKey::publicBytes);
    }

    private Opened open(Optional<byte[]> kept) throws IOException {
        if (kept.isEmpty()) {
            byte[] seed = new byte[DeviceKey.SEED_BYTES];
            new SecureRandom().nextBytes(seed);
            return keep(seed, false);
        }
        if (kept.get().length == DeviceKey.SEED_BYTES) {
            return keep(kept.get(), true);
        }
        return unsealed(SealedKey.read(kept.get())
                .orElseThrow(() -> new LostKeyException("The file of its key, " + file + ", is damaged.")));
    }

    /** A TPM that does not do its part leaves the key as it would be without one. */
    private Opened keep(byte[] seed, boolean lies) throws IOException {
        DeviceKey key = DeviceKey.of(seed);
        Optional<String> limit = Optional.empty();
        try {
            if (tpm.isThere()) {
                replace(sealed(key, seed), lies);
                return new Opened(key, limit);
            }
        } catch (TpmException e) {
            limit = Optional.of(
                    "the key of the evidence lies on the disk as it is, for no TPM has sealed it: " + e.getMessage());
        }
        if (!lies) {
            PrivateFile.write(file, seed);
        }
        return new Opened(key, limit);
    }

    /** The way back is tried, too: what lies on the disk until now goes. */
    private SealedKey sealed(DeviceKey key, byte[] seed) throws TpmException {
        try (Tpm opened = tpm.open()) {
            byte[] sealed = opened.seal(seed);
            if (!Arrays.equals(opened.unseal(sealed), seed)) {
                throw new IllegalStateException("The TPM has given back another key than it had sealed");
            }
            return SealedKey.of(key.publicKey(), opened.key(), sealed);
        }
    }

    /** The new file takes the place of the old one, whose bytes are written over once it has: a crash leaves one of the two. */
    private void replace(SealedKey sealed, boolean lies) throws IOException {
        if (!lies) {
            PrivateFile.write(file, sealed.text());
            return;
        }
        try (FileChannel before = FileChannel.open(file, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS))) {
            PrivateFile.write(file, sealed.text());
            ByteBuffer zeros = ByteBuffer.allocate(DeviceKey.SEED_BYTES);
            while (zeros.hasRemaining()) {
                before.write(zeros, zeros.position());
            }
            before.force(true);
        }
    }

    /** Waits for a TPM that is not there yet, or does not answer; not for one that has answered no. */
    private Opened unsealed(SealedKey sealed) throws AirgapException {
        long end = System.nanoTime() + tpm.comes().toNanos();
        while (true) {
            try (Tpm opened = tpm.open()) {
                opened.require(sealed.tpm());
                DeviceKey key = DeviceKey.of(opened.unseal(sealed.sealedBytes()));
                if (!Arrays.equals(key.publicKey(), sealed.publicBytes())) {
                    throw new LostKeyException("The file of its key, " + file + ", names another key than it holds.");
                }
                return new Opened(key, Optional.empty());
            } catch (TpmException e) {
                if (isLast(e) || end - System.nanoTime() <= 0) {
                    throw new LostKeyException("A TPM has sealed its key. " + e.getMessage(), e);
                }
            }
            LockSupport.parkNanos(AGAIN.toNanos());
            if (Thread.currentThread().isInterrupted()) {
                throw new AirgapException("The role is being stopped.");
            }
        }
    }

    private boolean isLast(TpmException e) {
        return tpm.isOff()
                || switch (e.reason()) {
                    case ABSENT, FAILED, SILENT, LOCKED -> false;
                    case INVALID, ANOTHER, DENIED, MISSING, REFUSED -> true;
                };
    }
}
