package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/**
 * A folder with backups of one vault, on this disk or on a USB stick:
 *
 * <pre>
 *   omni-backup    what it is: "omni-backup/1", or "omni-backup/1 git" where the chunks are in git, and a line feed
 *   identity       a copy of keys.json, and a line with its tag: what a password or a recovery key opens
 *   keys/NAME      a snapshot: its chunks, their keys, and the rows' wrapped keys (Snapshot)
 *   keys/begun     the secret of one that is not finished
 *   chunks/        the store of the chunks, which never change; or
 *   chunks.git/    the same as a bare git repository, which has no keys in it
 * </pre>
 *
 * <p>All but the chunks is replaced in its place, and written over with zeros where it goes. For one thread; a lock keeps another process out.
 */
final class BackupTarget implements AutoCloseable {
    static final int SNAPSHOTS_MAX = 200;

    private static final String BEGUN = "begun";
    private static final Set<String> BEGINNING = Set.of("keys", "chunks.git", "omni-backup.new");
    private static final int FORMAT_BYTES_MAX = 64;
    private static final int PATH_CHARACTERS_MAX = 1000;
    /** It is in memory some three times at once: the role's heap is 128 MB. */
    private static final int KEYS_BYTES_MAX = 16 << 20;

    private static final int TAG_BYTES = 65; // 64 digits and a line feed

    /** How the chunks are kept. */
    enum Kind {
        FOLDER("omni-backup/1\n", "chunks"),
        GIT("omni-backup/1 git\n", "chunks.git");

        private final String format;
        private final String chunks;

        Kind(String format, String chunks) {
            this.format = format;
            this.chunks = chunks;
        }
    }

    /** What unlocks: a key file, and the line that a change of it is found by. */
    record Identity(KeyFile keys, Bytes json, String tag) {}

    private final Path folder;
    private final FileChannel lock;
    private final Kind kind;
    private final BackupStore store;

    private BackupTarget(Path folder, Kind kind, FileChannel lock, BackupStore store) {
        this.folder = folder;
        this.kind = kind;
        this.lock = lock;
        this.store = store;
    }

    /**
     * The backups that are there already.
     *
     * @throws VaultException MISSING where there are none; REFUSED while another process is at work there
     */
    static BackupTarget open(Path folder) throws VaultException {
        try {
            requirePlace(folder);
            Kind kind = kind(folder)
                    .orElseThrow(() -> new VaultException(
                            Reason.MISSING,
                            "In " + folder + " are no backups. Is the disk there, and the path right?"));
            FileChannel lock = FileChannel.open(file(folder), StandardOpenOption.READ, StandardOpenOption.WRITE);
            return opened(folder, kind, lock);
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    private static BackupTarget opened(Path folder, Kind kind, FileChannel lock) throws IOException {
        boolean opened = false;
        try {
            if (!isTaken(lock)) {
                throw new VaultException(
                        Reason.REFUSED,
                        "Another backup, check or restore is at work in " + folder + ": wait until it has ended.");
            }
            Path chunks = folder.resolve(kind.chunks);
            var store = kind == Kind.GIT ? new BackupGit(chunks) : new BackupFolder(chunks);
            var target = new BackupTarget(folder, kind, lock, store);
            opened = true;
            return target;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    private static boolean isTaken(FileChannel channel) throws IOException {
        try {
            FileLock taken = channel.tryLock();
            return taken != null;
        } catch (OverlappingFileLockException e) {
            return false; // by this process
        }
    }

    /**
     * As {@link #open}, and makes them where the folder is empty or not there; its parent is there.
     *
     * @param git new ones are to be in git; others stay what they are
     * @throws VaultException REFUSED where they are to be in git and are not
     */
    static BackupTarget make(Path folder, boolean git) throws VaultException {
        try {
            requirePlace(folder);
            Kind wanted = git ? Kind.GIT : Kind.FOLDER;
            Optional<Kind> there = kind(folder);
            if (there.isEmpty()) {
                begin(folder, wanted);
            } else if (git && there.get() != wanted) {
                throw new VaultException(
                        Reason.REFUSED,
                        "In " + folder + " are backups without git: name another folder, or leave out --git.");
            }
            return open(folder);
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    /** Whether there are backups in that folder, or were begun. */
    static boolean isIn(Path folder) throws VaultException {
        try {
            return kind(folder).isPresent();
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    private static void begin(Path folder, Kind kind) throws IOException {
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        if (Files.notExists(folder)) {
            Files.createDirectory(folder, mode); // and none above: a disk that is not there stays away
        }
        for (Path file : entries(folder)) {
            if (!BEGINNING.contains(String.valueOf(file.getFileName()))) { // of a begin that was interrupted
                throw new VaultException(
                        Reason.REFUSED,
                        "The folder " + folder + " has something else in it: name one that is empty or new, such as "
                                + folder.resolve("omni") + ".");
            }
        }
        Files.createDirectories(folder.resolve("keys"), mode);
        if (kind == Kind.GIT) {
            BackupGit.make(folder.resolve(kind.chunks));
        }
        PrivateFile.write(file(folder), kind.format.getBytes(StandardCharsets.US_ASCII));
    }

    private static void requirePlace(Path folder) throws VaultException {
        Bounds.name("The path of a backup", folder.toString(), PATH_CHARACTERS_MAX);
        if (!folder.isAbsolute() || !folder.normalize().equals(folder) || folder.getParent() == null) {
            throw Bounds.invalid("The path of a backup is that of a folder, begins with / and has no .. in it.");
        }
    }

    private static Path file(Path folder) {
        return folder.resolve("omni-backup");
    }

    private static Optional<Kind> kind(Path folder) throws IOException {
        Optional<String> text = PrivateFile.read(file(folder), FORMAT_BYTES_MAX);
        Optional<Kind> kind = text.flatMap(known -> Arrays.stream(Kind.values())
                .filter(each -> each.format.equals(known))
                .findFirst());
        if (text.isPresent() && kind.isEmpty()) {
            throw new VaultException(
                    Reason.DAMAGED,
                    file(folder)
                            + " is damaged, or of a newer version of Omni: use that one, or take a backup into another folder.");
        }
        return kind;
    }

    /**
     * Returns where this is still there.
     *
     * @throws VaultException FAILED where its disk was pulled
     */
    void requireThere() throws IOException {
        if (kind(folder).isEmpty()) {
            throw new VaultException(
                    Reason.FAILED,
                    "The backups in " + folder + " have gone: was the disk pulled? Put it in, and run this again.");
        }
    }

    Path folder() {
        return folder;
    }

    BackupStore store() {
        return store;
    }

    /** The names of the finished snapshots, the oldest first. */
    List<String> snapshots() throws IOException {
        List<String> names = new ArrayList<>();
        for (Path file : keyFiles()) {
            String name = String.valueOf(file.getFileName());
            if (Snapshot.isName(name) && isFile(file)) {
                names.add(name);
            }
        }
        names.sort(null);
        return names;
    }

    /** The newest, or the one of that name. */
    String choose(Optional<String> name) throws IOException {
        List<String> all = snapshots();
        if (name.isPresent() && !all.contains(name.get())) {
            throw new VaultException(
                    Reason.MISSING,
                    "There is no snapshot " + name.get() + " in " + folder
                            + (all.isEmpty() ? ", nor any other." : ": the newest there is " + all.getLast() + "."));
        }
        if (all.isEmpty()) {
            throw new VaultException(
                    Reason.MISSING,
                    "There is no finished snapshot in " + folder
                            + ": take one with omni vault backup, where the vault is, or name another folder.");
        }
        return name.orElse(all.getLast());
    }

    /** What one of them says. */
    Snapshot read(String name, DataKeys keys) throws IOException {
        byte[] sealed = sealed(keys(name));
        return Snapshot.read(name, BackupCipher.of(keys, sealed, name).open(name, sealed));
    }

    /** The version of the key that names its chunks. */
    BackupCipher cipher(String name, DataKeys keys) throws IOException {
        return BackupCipher.of(keys, sealed(keys(name)), name);
    }

    /** Puts it there: what it is made of is settled before. */
    void write(Snapshot snapshot, BackupCipher cipher) throws IOException {
        byte[] content = snapshot.bytes();
        if (content.length > KEYS_BYTES_MAX / 2 - BackupCipher.SEALED_BYTES_MIN) {
            throw new VaultException(
                    Reason.REFUSED, "The vault has more in it than one snapshot can hold: delete something.");
        }
        replace(keys(snapshot.name()), cipher.seal(snapshot.name(), content));
    }

    /** Destroys a snapshot. */
    void forget(String name) throws IOException {
        erase(keys(name));
    }

    /** The secret of the snapshot that was begun and not finished under this key; or of one that begins now. */
    byte[] begun(BackupCipher cipher) throws IOException {
        Path file = keys(BEGUN);
        if (Files.exists(file)) {
            try {
                return cipher.open(BEGUN, sealed(file));
            } catch (VaultException e) {
                if (e.reason() != Reason.DAMAGED) {
                    throw e;
                }
                erase(file); // of another key, or torn: what it had written is left for the sweep
            }
        }
        byte[] secret = Ids.bytes(DataKeys.KEY_BYTES);
        replace(file, cipher.seal(BEGUN, secret));
        return secret;
    }

    /** Forgets that one was begun: what it left is noise from now on. */
    void finished() throws IOException {
        erase(keys(BEGUN));
    }

    /**
     * Whether a backup was begun here and not finished.
     *
     * @throws VaultException DAMAGED where its secret is not what was written
     */
    boolean isBegun(DataKeys keys) throws IOException {
        boolean begun = Files.exists(keys(BEGUN));
        if (begun) {
            byte[] sealed = sealed(keys(BEGUN));
            BackupCipher.of(keys, sealed, BEGUN).open(BEGUN, sealed);
        }
        return begun;
    }

    /** Puts a copy of the vault's key file there. */
    void identity(byte[] json, BackupCipher cipher) throws IOException {
        byte[] tag = (cipher.tag(json) + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] both = Arrays.copyOf(json, json.length + tag.length);
        System.arraycopy(tag, 0, both, json.length, tag.length);
        replace(folder.resolve("identity"), both);
    }

    /**
     * What unlocks these backups; nothing where none was ever begun.
     *
     * @throws VaultException DAMAGED
     */
    Optional<Identity> identity() throws IOException {
        Path file = folder.resolve("identity");
        requireFile(file);
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] both = in.readNBytes(KeyFile.BYTES_MAX + TAG_BYTES + 1);
            if (both.length <= TAG_BYTES || both[both.length - 1] != '\n') {
                throw damaged(file);
            }
            byte[] json = Arrays.copyOf(both, both.length - TAG_BYTES);
            String tag = new String(both, json.length, TAG_BYTES - 1, StandardCharsets.US_ASCII);
            return Optional.of(new Identity(keyFile(file, json), new Bytes(json), tag));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static KeyFile keyFile(Path file, byte[] json) throws VaultException {
        try {
            return KeyFile.of(json);
        } catch (VaultException e) {
            VaultException damaged = damaged(file);
            damaged.initCause(e);
            throw damaged;
        }
    }

    private static VaultException damaged(Path file) {
        return new VaultException(
                Reason.DAMAGED,
                "The file " + file
                        + " is damaged: by it neither password nor recovery key opens these backups. Where their"
                        + " vault is still there, omni vault backup writes it anew; else put the identity of another backup"
                        + " of that vault, under the same password, in its place.");
    }

    /**
     * Returns where these backups are of that vault, or of none yet. Where a bad spot is in the file that says so, a snapshot does that
     * opens under the vault's keys.
     *
     * @throws VaultException REFUSED where they are another's; DAMAGED where nothing says whose they are
     */
    void requireOf(KeyFile vault, DataKeys keys) throws IOException {
        VaultException doubt;
        try {
            Optional<Identity> identity = identity();
            if (identity.isEmpty() || identity.get().keys().vault().equals(vault.vault())) {
                return;
            }
            doubt = new VaultException(
                    Reason.REFUSED, "The backups in " + folder + " are another vault's: name another folder.");
        } catch (VaultException e) {
            if (e.reason() != Reason.DAMAGED) {
                throw e;
            }
            doubt = e;
        }
        boolean empty =
                doubt.reason() == Reason.DAMAGED && snapshots().isEmpty(); // nothing is there that could be another's
        if (!empty && !opensOne(keys)) {
            throw doubt;
        }
    }

    private boolean opensOne(DataKeys keys) throws IOException {
        for (String name : snapshots()) {
            try {
                var _ = read(name, keys);
                return true;
            } catch (VaultException e) {
                if (e.reason() != Reason.DAMAGED && e.reason() != Reason.MISSING) {
                    throw e;
                }
            }
        }
        return false;
    }

    /** Tells of what is there and does not belong there. */
    void check(Consumer<String> problems) throws IOException {
        List<String> known = List.of("omni-backup", "identity", "keys", kind.chunks);
        for (Path file : entries(folder)) {
            if (!known.contains(String.valueOf(file.getFileName()))) {
                problems.accept("The file " + file + " is none of the backup's.");
            }
        }
        for (Path file : keyFiles()) {
            String name = String.valueOf(file.getFileName());
            if (!(Snapshot.isName(name) || name.equals(BEGUN)) || !isFile(file)) {
                problems.accept("The file " + file + " is none of the backup's.");
            }
        }
        store.check(problems);
    }

    private Path keys(String name) {
        return folder.resolve("keys").resolve(name);
    }

    private List<Path> keyFiles() throws IOException {
        Path keys = folder.resolve("keys");
        if (!Files.isDirectory(keys, LinkOption.NOFOLLOW_LINKS)) {
            throw new VaultException(Reason.DAMAGED, keys + " is no folder.");
        }
        return entries(keys);
    }

    private static boolean isFile(Path file) {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** Who had the disk could have put a link there, or something that is never read to its end. */
    private static void requireFile(Path file) throws VaultException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isFile(file)) {
            throw new VaultException(
                    Reason.DAMAGED, file + " is none of the backup's: look who has put it there, and remove it.");
        }
    }

    /** What is in that folder. */
    static List<Path> entries(Path folder) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            files.forEach(entries::add);
        } catch (DirectoryIteratorException e) { // a disk that fails in between
            throw e.getCause();
        }
        return entries;
    }

    private static byte[] sealed(Path file) throws IOException {
        if (!isFile(file)) {
            throw new VaultException(Reason.MISSING, "There is no " + file + ".");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] sealed = in.readNBytes(KEYS_BYTES_MAX + 1);
            if (sealed.length > KEYS_BYTES_MAX) {
                throw new VaultException(Reason.DAMAGED, file + " is longer than such a file is.");
            }
            return sealed;
        }
    }

    /** In the place of what was there, of which nothing stays but what the disk keeps of its own accord. */
    private static void replace(Path file, byte[] bytes) throws IOException {
        requireFile(file);
        try (FileBefore before = FileBefore.at(file)) {
            PrivateFile.write(file, bytes);
            before.zero();
        }
    }

    private static void erase(Path file) throws IOException {
        requireFile(file);
        FileBefore.erase(file);
    }

    /** What a failure of that disk means. */
    static VaultException failed(Path folder, IOException e) {
        return e instanceof VaultException own
                ? own
                : new VaultException(
                        Reason.FAILED,
                        "The backups in " + folder + " cannot be read or written: is the disk there, writable, and not"
                                + " full?",
                        e);
    }

    @Override
    public void close() throws VaultException {
        try (FileChannel _ = lock) {
            store.close();
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }
}
