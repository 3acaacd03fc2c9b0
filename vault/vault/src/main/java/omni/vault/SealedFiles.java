package omni.vault;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/**
 * A folder of sealed files, {@code xx/} and 32 digits: the name is random, and the folder needs no index, since each file
 * begins with its sealed label ({@link SealedHead}). A file is written beside under {@code .new}, forced to the disk and renamed;
 * it never changes afterwards. Whoever replaces one writes another and then deletes the old one. For any thread, and one
 * process.
 */
final class SealedFiles {
    private static final int ID_BYTES = 16;
    private static final int VAULT_CHARACTERS_MAX = 64;
    private static final int COPY_BYTES = 64 << 10;
    private static final int PROBLEMS_MAX = 100;
    private static final String NEW = ".new";
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
    private static final FileAttribute<?> FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final DataKeys keys;
    private final Purpose purpose;
    private final String vault;
    private final FileLimits limits;
    private final SecureRandom random = new SecureRandom();

    /** Guarded by this. */
    private final Map<Integer, SealedCipher> ciphers = new HashMap<>();

    /** Files that are there or being written, and what they take on the disk. Guarded by this. */
    private int files;

    private long bytes;

    private SealedFiles(Path folder, DataKeys keys, Purpose purpose, String vault, FileLimits limits) {
        this.folder = folder;
        this.keys = keys;
        this.purpose = purpose;
        this.vault = vault;
        this.limits = limits;
    }

    /** What there is, and what is not as it should be. */
    record Listing(List<SealedFile> files, List<String> problems) {}

    /** Something that is done with each file in the folder. */
    private interface Visitor {
        void visit(Path file) throws IOException;
    }

    /**
     * Opens the folder, or makes it, and removes what a crash has left half written.
     *
     * @param purpose of the data keys that seal its files
     * @param vault name of the vault: files of another one do not open
     */
    static SealedFiles open(Path folder, DataKeys keys, Purpose purpose, String vault, FileLimits limits)
            throws VaultException {
        if (vault.isEmpty() || vault.length() > VAULT_CHARACTERS_MAX) {
            throw new VaultException(
                    Reason.INVALID, "A vault's name has 1 to " + VAULT_CHARACTERS_MAX + " characters.");
        }
        SealedFiles opened = new SealedFiles(folder, keys, purpose, vault, limits);
        try {
            Files.createDirectories(folder, FOLDER);
            opened.visit(opened::takeIn);
        } catch (IOException e) {
            throw failed("The folder " + folder + " cannot be opened.", e);
        }
        return opened;
    }

    /**
     * Reads all of the files in that folder, and returns a sentence about each that is not as it was written, up to {@value
     * #PROBLEMS_MAX}; none where there is no folder. Nothing is changed.
     *
     * @param step is run after each segment of one
     */
    static List<String> problems(Path folder, DataKeys keys, Purpose purpose, String vault, Runnable step)
            throws VaultException {
        if (!isFolder(folder)) {
            return List.of();
        }
        SealedFiles there = new SealedFiles(folder, keys, purpose, vault, FileLimits.DEFAULT);
        Listing listing = there.list();
        List<String> problems = new ArrayList<>(listing.problems());
        for (SealedFile file : listing.files()) {
            there.problem(file.id(), step).ifPresent(problems::add);
        }
        if (problems.size() > PROBLEMS_MAX) {
            problems.subList(PROBLEMS_MAX, problems.size()).clear();
            problems.add("There are more problems with large files.");
        }
        return List.copyOf(problems);
    }

    /** The same as {@link #problems}, but a folder that cannot be read ends no report: it is one of the problems. */
    static List<String> report(Path folder, DataKeys keys, Purpose purpose, String vault, Runnable step)
            throws VaultException {
        try {
            return problems(folder, keys, purpose, vault, step);
        } catch (VaultException e) {
            return List.of(e.asProblem(), "Not all of the large files were read.");
        }
    }

    /** What is wrong with the first place of it that is not as it was written, or cannot be read; nothing where it was deleted meanwhile. */
    private Optional<String> problem(String id, Runnable step) throws VaultException {
        try (SealedChannel file = read(id)) {
            file.check(step);
            return Optional.empty();
        } catch (VaultException e) {
            return switch (e.reason()) {
                case MISSING -> Optional.empty();
                case DAMAGED, FAILED -> Optional.of(e.getMessage());
                default -> throw e;
            };
        } catch (IOException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "A large file cannot be read", e);
            return Optional.of("The file " + id + " cannot be read.");
        }
    }

    private void takeIn(Path file) throws IOException {
        if (file.toString().endsWith(NEW)) {
            Files.delete(file);
            return;
        }
        files++;
        bytes += attributes(file).size();
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Seals what comes out of the stream, and returns when the disk has it.
     *
     * @throws VaultException INVALID where it is not exactly that many bytes; REFUSED where there is no room; FAILED where it
     *     could not be read or written. Then nothing has changed
     */
    SealedFile write(String kind, String name, long contentBytes, InputStream content) throws VaultException {
        if (contentBytes < 0 || contentBytes > limits.fileBytesMax()) {
            throw new VaultException(Reason.INVALID, "A file has at most " + limits.fileBytesMax() + " bytes.");
        }
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        int version = keys.newest(purpose);
        SealedHead head =
                SealedHead.of(new SealedFile(HexFormat.of().formatHex(id), kind, name, contentBytes, version));
        SealedCipher cipher = cipher(version);
        long fileBytes = cipher.fileBytes(contentBytes);
        reserve(fileBytes);
        try {
            write(cipher, head, content);
            return head.file();
        } catch (IOException e) {
            release(fileBytes);
            throw failed("The file was not written, and nothing else has changed. Is there room on the disk?", e);
        }
    }

    private synchronized void reserve(long fileBytes) throws VaultException {
        if (files >= limits.filesMax()) {
            throw new VaultException(Reason.REFUSED, "There are " + files + " files, and no more may be: delete some.");
        }
        if (fileBytes > limits.folderBytesMax() - bytes) {
            throw new VaultException(
                    Reason.REFUSED,
                    "The files have " + bytes + " bytes, and " + fileBytes + " more are too many: delete some.");
        }
        long free = free();
        if (fileBytes > free - limits.freeBytesMin()) {
            throw new VaultException(
                    Reason.REFUSED,
                    "The disk has " + free + " bytes free; the file needs " + fileBytes + ", and "
                            + limits.freeBytesMin() + " are left free. Make room.");
        }
        files++;
        bytes += fileBytes;
    }

    private long free() throws VaultException {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            throw failed("The disk does not say how much is free.", e);
        }
    }

    private synchronized void release(long fileBytes) {
        files--;
        bytes -= fileBytes;
    }

    private void write(SealedCipher cipher, SealedHead head, InputStream content) throws IOException {
        Path file = path(head.file().id());
        Path next = file.resolveSibling(file.getFileName() + NEW);
        Path inner = Objects.requireNonNull(file.getParent(), "a file is in a folder");
        try {
            if (Files.notExists(inner)) {
                Files.createDirectories(inner, FOLDER);
                PrivateFile.settle(folder);
            }
            fill(next, cipher, head, content);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            PrivateFile.settle(inner);
        } catch (IOException e) {
            takeBack(List.of(next, file), e);
            throw e;
        }
    }

    private static void fill(Path next, SealedCipher cipher, SealedHead head, InputStream content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(next, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), FILE)) {
            OutputStream file = Channels.newOutputStream(channel);
            file.write(cipher.seal(head));
            OutputStream sealing = cipher.sealing(new LeftOpen(file), head);
            copy(content, sealing, head.file().bytes());
            sealing.close();
            channel.force(true);
        }
    }

    /** Tink closes what it writes to; the file is still to be forced to the disk. */
    private static final class LeftOpen extends FilterOutputStream {
        LeftOpen(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            out.write(from, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    private static void copy(InputStream content, OutputStream sealing, long contentBytes) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        long left = contentBytes;
        for (int count = next(content, buffer); count >= 0; count = next(content, buffer)) {
            left -= count;
            if (left < 0) {
                throw new VaultException(Reason.INVALID, "There is more to write than the " + contentBytes + " bytes.");
            }
            sealing.write(buffer, 0, count);
        }
        if (left > 0) {
            throw new VaultException(
                    Reason.INVALID, "Of " + contentBytes + " bytes to write, " + left + " are missing.");
        }
    }

    private static int next(InputStream content, byte[] buffer) throws VaultException {
        try {
            return content.read(buffer);
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "What was to be written could not be read.", e);
        }
    }

    private static void takeBack(List<Path> paths, IOException why) {
        for (Path path : paths) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                why.addSuppressed(e);
            }
        }
    }

    /**
     * Opens that file.
     *
     * @throws VaultException MISSING, or DAMAGED where head or length are not as they were written. Damage further on shows
     *     where it is read
     */
    SealedChannel read(String id) throws VaultException {
        FileChannel channel = channel(id);
        try {
            return new SealedChannel(channel, cipher(openPart(channel, id)), head(channel, id));
        } catch (IOException e) {
            takeBack(channel, e);
            throw failed("The file " + id + " cannot be read.", e);
        }
    }

    /** What its label says, whatever the rest of the file is like. */
    SealedFile describe(String id) throws VaultException {
        try (FileChannel channel = channel(id)) {
            return head(channel, id).file();
        } catch (IOException e) {
            throw failed("The file " + id + " cannot be read.", e);
        }
    }

    private FileChannel channel(String id) throws VaultException {
        if (!ID.matcher(id).matches()) {
            throw new VaultException(Reason.INVALID, "A file's id is 32 digits of 0-9 and a-f.");
        }
        try {
            if (!attributes(path(id)).isRegularFile()) { // to open a pipe would wait for ever
                throw new VaultException(Reason.DAMAGED, "In the place of the file " + id + " is no file.");
            }
            return FileChannel.open(path(id), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw missing(id);
        } catch (IOException e) {
            throw failed("The file " + id + " cannot be opened.", e);
        }
    }

    private static int openPart(FileChannel channel, String id) throws IOException {
        return SealedHead.keyVersion(
                SealedChannel.fill(channel, ByteBuffer.allocate(SealedHead.OPEN_BYTES), 0)
                        .array(),
                id);
    }

    private SealedHead head(FileChannel channel, String id) throws IOException {
        int version = openPart(channel, id);
        byte[] head = SealedChannel.fill(channel, ByteBuffer.allocate(SealedHead.BYTES), 0)
                .array();
        return cipher(version).open(head, id, version);
    }

    private static void takeBack(FileChannel channel, IOException why) {
        try {
            channel.close();
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private synchronized SealedCipher cipher(int version) throws VaultException {
        SealedCipher cipher = ciphers.get(version);
        if (cipher == null) {
            cipher = new SealedCipher(keys, purpose, version, vault);
            ciphers.put(version, cipher);
        }
        return cipher;
    }

    /**
     * Deletes it. Its bytes may stay on the disk until something is written over them: unreadable without the data key.
     *
     * @throws VaultException MISSING where it is not there
     */
    void delete(String id) throws VaultException {
        try (FileChannel channel = channel(id)) {
            long fileBytes = channel.size();
            Path file = path(id);
            if (!Files.deleteIfExists(file)) {
                throw missing(id);
            }
            release(fileBytes);
            PrivateFile.settle(Objects.requireNonNull(file.getParent(), "a file is in a folder"));
        } catch (IOException e) {
            throw failed("The file " + id + " cannot be deleted.", e);
        }
    }

    /** Every file whose label can be read, and a sentence about every other one; as many as there may be files. */
    Listing list() throws VaultException {
        List<SealedFile> found = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        try {
            visit(file -> describe(file, found, problems));
        } catch (IOException e) {
            throw failed("The folder " + folder + " cannot be listed.", e);
        }
        if (found.size() + problems.size() > limits.filesMax()) {
            problems.add("There are more than " + limits.filesMax() + " files in " + folder + ": not all are listed.");
        }
        return new Listing(List.copyOf(found), List.copyOf(problems));
    }

    private void describe(Path file, List<SealedFile> found, List<String> problems) throws VaultException {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(NEW)) {
            return; // is being written
        }
        if (found.size() + problems.size() > limits.filesMax()) {
            return; // list() says so
        }
        if (!ID.matcher(name).matches() || !path(name).equals(file)) {
            problems.add("The file " + file + " is none of the vault's.");
            return;
        }
        try {
            found.add(describe(name));
        } catch (VaultException e) {
            if (e.reason() != Reason.MISSING) { // deleted meanwhile
                problems.add(e.getMessage());
            }
        }
    }

    private void visit(Visitor visitor) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder, path -> isFolder(path))) {
            for (Path inner : folders) {
                try (DirectoryStream<Path> found = Files.newDirectoryStream(inner, path -> !isFolder(path))) {
                    for (Path file : found) {
                        visitor.visit(file);
                    }
                }
            }
        }
    }

    private static boolean isFolder(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    private Path path(String id) {
        return folder.resolve(id.substring(0, 2)).resolve(id);
    }

    private static VaultException missing(String id) {
        return new VaultException(Reason.MISSING, "There is no file " + id + ".");
    }

    private static VaultException failed(String message, IOException e) {
        return e instanceof VaultException own ? own : new VaultException(Reason.FAILED, message, e);
    }
}
