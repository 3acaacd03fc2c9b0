package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import omni.vault.VaultException.Reason;

/**
 * The hash of {@code keys.json} as this process opened it, or wrote it last: what a disk made of it since must not be copied over a
 * good copy. For any thread.
 */
final class KeyFileMark {
    private final AtomicReference<Set<String>> hashes = new AtomicReference<>(Set.of());

    /** The file was opened, or is written, with these bytes. */
    void set(byte[] json) {
        hashes.set(Set.of(hash(json)));
    }

    /** From now on it may have these, too: they are being written. */
    void add(byte[] json) {
        hashes.updateAndGet(known -> {
            Set<String> both = new HashSet<>(known);
            both.add(hash(json));
            return Set.copyOf(both);
        });
    }

    /**
     * What that file has in it; whatever that is, where none was opened or written.
     *
     * @throws VaultException DAMAGED where it is something else, or gone
     */
    byte[] copy(Path file) throws VaultException {
        byte[] json = new byte[0];
        try (InputStream in = Files.newInputStream(file)) {
            json = in.readNBytes(KeyFile.BYTES_MAX + 1);
        } catch (NoSuchFileException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "The key file is gone", e);
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The keys cannot be read from " + file + ".", e);
        }
        Set<String> known = hashes.get();
        if (!known.isEmpty() && !known.contains(hash(json))) {
            throw new VaultException(
                    Reason.DAMAGED,
                    "The file " + file
                            + " is not as the vault left it. While the vault is open, save what is in it"
                            + " by omni vault export. Where neither password nor keys were changed since, the file identity"
                            + " of the last backup can be put in its place; else it would open nothing.");
        }
        return json;
    }

    private static String hash(byte[] json) {
        return AuditJson.hash(new String(json, StandardCharsets.ISO_8859_1));
    }
}
