package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/** Chunks as files of a plain folder, {@code xx/} and the name, each written beside under {@code .new} and renamed. */
final class BackupFolder implements BackupStore {
    static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
    private static final String NEW = ".new";
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final Set<Path> unsettled = new HashSet<>();

    BackupFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder, PRIVATE);
    }

    /** Something that is done with each file that is there. */
    private interface Visitor {
        void visit(Path file, String name) throws IOException;
    }

    private void visit(Visitor visitor) throws IOException {
        for (Path each : BackupTarget.entries(folder)) {
            if (!Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
                visitor.visit(each, "");
                continue;
            }
            for (Path file : BackupTarget.entries(each)) {
                visitor.visit(file, String.valueOf(file.getFileName()));
            }
        }
    }

    private boolean isChunk(Path file, String name) {
        return NAME.matcher(name).matches() && path(name).equals(file);
    }

    @Override
    public Set<String> names() throws IOException {
        Set<String> names = new HashSet<>();
        visit((file, name) -> {
            if (isChunk(file, name)) {
                names.add(name);
            }
        });
        return names;
    }

    @Override
    public byte[] get(String name) throws IOException {
        if (!Files.isRegularFile(path(name), LinkOption.NOFOLLOW_LINKS)) { // to open a pipe would wait for ever
            throw missing(name);
        }
        try (InputStream in = Files.newInputStream(path(name), LinkOption.NOFOLLOW_LINKS)) {
            byte[] sealed = in.readNBytes(BackupCipher.CHUNK_BYTES_MAX + 1);
            if (sealed.length > BackupCipher.CHUNK_BYTES_MAX) {
                throw new VaultException(Reason.DAMAGED, "The chunk " + name + " is longer than a chunk is.");
            }
            return sealed;
        } catch (NoSuchFileException e) {
            throw missing(name);
        }
    }

    @Override
    public void put(String name, byte[] sealed) throws IOException {
        Path file = path(name);
        Path inner = Objects.requireNonNull(file.getParent(), "a file is in a folder");
        Path next = file.resolveSibling(name + NEW);
        if (Files.notExists(inner)) {
            Files.createDirectories(inner, PRIVATE);
            unsettled.add(folder);
        }
        Files.deleteIfExists(next);
        Files.createFile(next, FILE);
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(sealed);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        unsettled.add(inner);
    }

    @Override
    public void settle() throws IOException {
        for (Path each : unsettled) {
            PrivateFile.settle(each);
        }
        unsettled.clear();
    }

    @Override
    public void remove(Collection<String> names) throws IOException {
        for (String name : names) {
            Files.deleteIfExists(path(name));
        }
        visit((file, name) -> {
            if (name.endsWith(NEW)) { // what a crash has left half written
                Files.delete(file);
            }
        });
    }

    @Override
    public void check(Consumer<String> problems) throws IOException {
        visit((file, name) -> {
            if (!isChunk(file, name) && !name.endsWith(NEW)) {
                problems.accept("The file " + file + " is none of the backup's.");
            }
        });
    }

    @Override
    public void close() {
        // nothing is open
    }

    private Path path(String name) {
        return folder.resolve(name.substring(0, Math.min(2, name.length()))).resolve(name);
    }

    private static VaultException missing(String name) {
        return new VaultException(Reason.MISSING, "The chunk " + name + " is missing.");
    }
}
