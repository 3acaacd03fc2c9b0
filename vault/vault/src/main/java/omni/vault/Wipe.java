package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/**
 * The end of a vault: first the intent is written down, then the keys are destroyed, and the next start of the process removes what
 * they protected. Each step is on the disk before the next one begins, and all can be done again: a power cut between any two is
 * made good by that start. For one thread.
 */
final class Wipe {
    /** Where this is, the vault in the folder is to go; in it whether a TPM holds a part of its password, and which. */
    static final String INTENT = "wipe";

    private static final List<String> KEYS = List.of(KeyKeeper.FILE, KeyKeeper.FILE + ".new");

    private final Path folder;
    private final Runnable step;

    Wipe(Path folder) {
        this(folder, () -> {});
    }

    /** As above, and {@code step} is run after each step that is on the disk. */
    Wipe(Path folder, Runnable step) {
        this.folder = folder;
        this.step = step;
    }

    /** Whether one was begun, and is not finished. */
    boolean isBegun() {
        return Files.exists(intent(), LinkOption.NOFOLLOW_LINKS);
    }

    private Path intent() {
        return folder.resolve(INTENT);
    }

    /** Whether a TPM holds a part of the password that is to go, by a wipe that was begun. */
    TpmHold held() {
        try (InputStream in = Files.newInputStream(intent(), LinkOption.NOFOLLOW_LINKS)) {
            return TpmHold.read(in.readNBytes(TpmBinding.BYTES_MAX));
        } catch (IOException e) {
            return TpmHold.UNKNOWN; // it was not begun, or not written down
        }
    }

    /**
     * Destroys the keys, and returns when the disk has it.
     *
     * @param held whether a TPM holds a part of the password: the next start knows it when the keys are gone
     * @throws VaultException FAILED where it has not, or would not know that the rest is to go, too
     */
    void begin(TpmHold held) throws VaultException {
        try {
            try {
                writeIntent(held);
            } catch (IOException e) { // a full disk saves no key
                System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "A wipe was not written down", e);
            }
            for (String name : KEYS) {
                destroy(folder.resolve(name));
            }
            writeIntent(held);
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The vault was not wiped wholly: take this machine from the power and destroy what is in " + folder
                            + ".",
                    e);
        }
    }

    private void writeIntent(TpmHold held) throws IOException {
        if (isBegun() && (!held.isKnown() || held.equals(held()))) {
            return;
        }
        Set<OpenOption> options = Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (FileChannel channel = FileChannel.open(intent(), options, mode)) {
            write(channel, held.text());
        }
        PrivateFile.settle(folder);
        step.run();
    }

    private static void write(FileChannel channel, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left);
        }
        channel.force(true);
    }

    /** In its place on the disk first, so that its name is not all that is lost. */
    private void destroy(Path file) throws IOException {
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            write(channel, Ids.bytes(Math.toIntExact(Math.min(channel.size(), KeyFile.BYTES_MAX))));
        } catch (NoSuchFileException e) {
            return; // a change that was under way has destroyed its own
        }
        step.run();
        Files.deleteIfExists(file);
        PrivateFile.settle(folder);
        step.run();
    }

    /**
     * Does what is left of a wipe that was begun; nothing where there is none.
     *
     * @throws VaultException FAILED where the disk does not take it
     */
    void finish() throws VaultException {
        if (!isBegun()) {
            return;
        }
        begin(TpmHold.UNKNOWN);
        try {
            for (Path path : all()) {
                Files.delete(path);
                step.run();
            }
            PrivateFile.settle(folder);
            Files.delete(intent());
            PrivateFile.settle(folder);
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The vault's keys are destroyed, and what they protected cannot be removed: delete " + folder + ".",
                    e);
        }
    }

    /** All that is in the folder but the intent, the content of a folder before the folder. */
    private List<Path> all() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(path -> !path.equals(folder) && !path.equals(intent()))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }
}
