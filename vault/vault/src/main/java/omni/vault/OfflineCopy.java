package omni.vault;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import omni.vault.VaultException.Reason;

/**
 * A folder for one check, with the vault's records and small files, encrypted as they lie; the file of keys is none of them. It goes at
 * the close. What a check that was killed has left is known by a lock that nobody holds, and goes when the next one is made. For one
 * thread, but for the close; and one in a process, for the kernel gives a lock up with any file handle of it.
 */
final class OfflineCopy implements AutoCloseable {
    private static final List<String> RECORDS = List.of("records.db", "records.db-wal");
    private static final List<String> SMALL = List.of("audit.pub", "audit.head", "sealed.log", "sealed.log.bad");

    /** More than any of them is read of. */
    static final long SMALL_BYTES_MAX = 2L << 20;

    /** What SQLite's library takes on its way, and an index that is written anew. */
    private static final long ROOM_BYTES = 64L << 20;

    private static final long STEP_BYTES = 1L << 20;
    private static final String PREFIX = "omni-verify";
    private static final String LOCK = "lock";
    private static final int REMOVALS = 3;

    private static final FileAttribute<Set<PosixFilePermission>> FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final Path work;
    private final FileChannel lock;

    /** A file as it was seen. */
    private record Seen(long bytes, FileTime changed) {}

    private OfflineCopy(Path folder, Path work, FileChannel lock) {
        this.folder = folder;
        this.work = work;
        this.lock = lock;
    }

    /**
     * Makes the folder, empty, below another, and removes what is left there of this user's.
     *
     * @param folder the vault's
     * @throws VaultException FAILED where nothing can be made there
     */
    static OfflineCopy below(Path temporary, Path folder) throws VaultException {
        try {
            Path work = Files.createTempDirectory(temporary, PREFIX, FOLDER);
            sweep(temporary, work);
            return new OfflineCopy(folder, work, locked(work));
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, noRoom(temporary), e);
        }
    }

    private static String noRoom(Path temporary) {
        return "The copy that is checked cannot be made in " + temporary
                + ": make room there, or name another folder in TMPDIR.";
    }

    private static FileChannel locked(Path work) throws IOException {
        FileChannel lock = FileChannel.open(
                work.resolve(LOCK), Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), FILE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new IOException("A new file is locked");
        }
        return lock;
    }

    private static void sweep(Path temporary, Path own) {
        try (DirectoryStream<Path> there = Files.newDirectoryStream(temporary, PREFIX + "*")) {
            for (Path each : there) {
                if (!each.equals(own)) {
                    removeIfLeft(each, own);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            warn("What an earlier check has left in " + temporary + " is not known", e);
        }
    }

    /** The lock is the first thing in such a folder, and the last: without it there is nothing, or nothing of ours. */
    private static void removeIfLeft(Path other, Path own) {
        try {
            if (!Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))) {
                return;
            }
            Path name = other.resolve(LOCK);
            if (Files.isRegularFile(name, LinkOption.NOFOLLOW_LINKS)) {
                try (FileChannel file = FileChannel.open(name, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                        FileLock free = file.tryLock()) {
                    if (free != null) {
                        removeWork(other);
                    }
                }
            }
        } catch (OverlappingFileLockException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.DEBUG, "One of this process is at work", e);
        } catch (IOException e) {
            warn("What an earlier check has left stays in " + other, e);
        }
    }

    private static void warn(String what, Exception e) {
        System.getLogger("omni.vault").log(System.Logger.Level.WARNING, what, e);
    }

    /** For this check alone. */
    Path work() {
        return work;
    }

    /**
     * Copies the files.
     *
     * @param problems is told of each that is none, or is larger than it can be, and so is not copied
     * @param done is run when all is copied, before it is looked whether anything has changed
     * @return the folder with the copies
     * @throws VaultException REFUSED where they change meanwhile; FAILED where they cannot be read, or there is no room
     */
    Path copied(Set<String> problems, Runnable done) throws VaultException {
        Path copy = work.resolve("copy");
        try {
            Map<String, Seen> there = look(problems);
            long bytes =
                    ROOM_BYTES + there.values().stream().mapToLong(Seen::bytes).sum();
            if (Files.getFileStore(work).getUsableSpace() < bytes) {
                throw new VaultException(
                        Reason.FAILED, noRoom(work.resolveSibling("")) + " It takes " + bytes + " bytes.");
            }
            Files.createDirectory(copy, FOLDER);
            for (Map.Entry<String, Seen> file : there.entrySet()) {
                String name = file.getKey();
                copy(folder.resolve(name), copy.resolve(name), file.getValue().bytes());
            }
            done.run();
            if (!there.equals(look(new LinkedHashSet<>()))) {
                throw new VaultException(
                        Reason.REFUSED,
                        "The vault's files changed while they were copied: Omni runs on this home, or something else"
                                + " writes to it. Stop that, and try again.");
            }
            return copy;
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The vault's files cannot be read, or copied to " + work + ": look at the disks.",
                    e);
        }
    }

    private Map<String, Seen> look(Set<String> problems) throws IOException {
        Map<String, Seen> there = new LinkedHashMap<>();
        for (String name : RECORDS) {
            look(name, Long.MAX_VALUE, there, problems);
        }
        for (String name : SMALL) {
            look(name, SMALL_BYTES_MAX, there, problems);
        }
        return there;
    }

    private void look(String name, long bytesMax, Map<String, Seen> there, Set<String> problems) throws IOException {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(folder.resolve(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) { // to open a pipe would wait for ever, and a link leads anywhere
                problems.add("In the place of " + name + " is no file: it was not read.");
            } else if (found.size() > bytesMax) {
                problems.add("The file " + name + " is larger than it can be: it was not read.");
            } else {
                there.put(name, new Seen(found.size(), found.lastModifiedTime()));
            }
        } catch (NoSuchFileException e) {
            there.remove(name); // the check says what is missing
        }
    }

    /** No more than was seen of it: what grows without an end does not fill the disk. */
    private static void copy(Path from, Path to, long bytes) throws IOException {
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileChannel out =
                        FileChannel.open(to, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), FILE)) {
            long at = 0;
            long moved = 1;
            while (at < bytes && moved > 0) { // a shorter one is seen afterwards
                moved = in.transferTo(at, Math.min(bytes - at, STEP_BYTES), out);
                at += moved;
            }
        }
    }

    /**
     * Removes the copy, once.
     *
     * @throws VaultException FAILED where something of it stays
     */
    @Override
    public synchronized void close() throws VaultException {
        if (!lock.isOpen()) {
            return;
        }
        try (lock) {
            removeWork(work);
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The copy in " + work + " cannot be removed: remove it.", e);
        }
    }

    /** The lock goes last. A check that is cut may still be making files: then it is done again. */
    private static void removeWork(Path work) throws IOException {
        for (int left = REMOVALS; Files.exists(work, LinkOption.NOFOLLOW_LINKS); left--) {
            try {
                try (DirectoryStream<Path> inner = Files.newDirectoryStream(work)) {
                    for (Path each : inner) {
                        if (!each.endsWith(LOCK)) {
                            remove(each);
                        }
                    }
                }
                Files.deleteIfExists(work.resolve(LOCK));
                Files.deleteIfExists(work);
            } catch (DirectoryNotEmptyException | NoSuchFileException e) {
                if (left <= 1) {
                    throw e;
                }
            }
        }
    }

    private static void remove(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> inner = Files.newDirectoryStream(path)) {
                for (Path each : inner) {
                    remove(each);
                }
            }
        }
        Files.deleteIfExists(path);
    }
}
