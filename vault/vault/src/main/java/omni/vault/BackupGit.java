package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Adler32;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.LargeObjectException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.revwalk.ObjectWalk;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;

/**
 * Chunks as blobs of a bare git repository: {@code xx/} and the name in the tree of the newest commit. What was put stays in the
 * history for ever, sealed, and is noise once its key is gone. No commit says who, when or what for. Objects are loose and not
 * compressed, so that every byte of them has one right value.
 */
final class BackupGit implements BackupStore {
    private static final String BRANCH = "refs/heads/main";
    private static final String HEAD = "ref: " + BRANCH + "\n";

    /** Git's own housekeeping stays away; fsyncRefFiles is JGit's. */
    private static final String CONFIG = """
            [core]
            \trepositoryformatversion = 0
            \tbare = true
            \tcompression = 0
            \tfsyncRefFiles = true
            [gc]
            \tauto = 0
            """;

    private static final int TEXT_BYTES_MAX = 64 << 10;
    private static final int OBJECT_BYTES_MAX = 8 << 20;

    /** What a process that is killed can lose of its work. */
    private static final long UNSETTLED_BYTES_MAX = 64L << 20;

    private static final PersonIdent NOBODY = new PersonIdent("omni", "omni@localhost", Instant.EPOCH, ZoneOffset.UTC);
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}\n");
    private static final Pattern OBJECT = Pattern.compile("objects/([0-9a-f]{2})/([0-9a-f]{38})");
    private static final Pattern HALF_WRITTEN = Pattern.compile("objects/noz[0-9]+\\.tmp");
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path folder;
    private final Repository repository;
    private final ObjectInserter inserter;
    private final Set<Path> unsettled = new LinkedHashSet<>();
    private Optional<SortedMap<String, ObjectId>> chunks = Optional.empty();
    private long unsettledBytes;
    private boolean changed;

    /** Makes the repository, or what an interrupted try has left out of it. */
    static void make(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("objects"), PRIVATE);
        Files.createDirectories(folder.resolve("refs").resolve("heads"), PRIVATE);
        PrivateFile.write(folder.resolve("HEAD"), HEAD.getBytes(StandardCharsets.US_ASCII));
        PrivateFile.write(folder.resolve("config"), CONFIG.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * The one that is there; nobody else works on it.
     *
     * @throws VaultException DAMAGED
     */
    BackupGit(Path folder) throws IOException {
        this.folder = folder;
        Files.deleteIfExists(folder.resolve(BRANCH + ".lock")); // of a process that was killed
        GitApart.use();
        try {
            repository = new FileRepositoryBuilder()
                    .setFS(new GitApart.Disk())
                    .setGitDir(folder.toFile())
                    .setBare()
                    .build();
            repository.getConfig().fromText(CONFIG); // what lies there is for git
            inserter = repository.newObjectInserter();
        } catch (IOException | ConfigInvalidException | IllegalArgumentException e) {
            throw new VaultException(Reason.DAMAGED, "The git repository of the backup cannot be opened.", e);
        }
    }

    /** What is done with the repository. */
    private interface Work<T> {
        T run() throws IOException;
    }

    /** What git finds damaged is damage. */
    private static <T> T whole(Work<T> work) throws IOException {
        try {
            return work.run();
        } catch (MissingObjectException
                | CorruptObjectException
                | IncorrectObjectTypeException
                | LargeObjectException e) {
            throw new VaultException(Reason.DAMAGED, "The git repository of the backup is damaged.", e);
        }
    }

    /** Of the newest commit, and what was put since. */
    private SortedMap<String, ObjectId> chunks() throws IOException {
        if (chunks.isEmpty()) {
            chunks = Optional.of(whole(this::committed));
        }
        return chunks.get();
    }

    private SortedMap<String, ObjectId> committed() throws IOException {
        SortedMap<String, ObjectId> found = new TreeMap<>();
        Optional<ObjectId> head = head();
        if (head.isPresent()) {
            ObjectId root =
                    RevCommit.parse(verified(head.get(), Constants.OBJ_COMMIT)).getTree();
            for (ObjectId inner : entries(root).values()) {
                found.putAll(entries(inner));
            }
        }
        found.keySet().removeIf(name -> !BackupFolder.NAME.matcher(name).matches());
        return found;
    }

    private Optional<ObjectId> head() throws VaultException {
        try {
            Ref head = repository.exactRef(BRANCH);
            return head == null ? Optional.empty() : Optional.ofNullable(head.getObjectId());
        } catch (IOException e) { // which is all that JGit says of a file with something else in it
            throw new VaultException(Reason.DAMAGED, "The branch of the backup's git repository cannot be read.", e);
        }
    }

    private Map<String, ObjectId> entries(ObjectId tree) throws IOException {
        Map<String, ObjectId> entries = new TreeMap<>();
        CanonicalTreeParser parser = new CanonicalTreeParser();
        parser.reset(verified(tree, Constants.OBJ_TREE));
        while (!parser.eof()) {
            entries.put(parser.getEntryPathString(), parser.getEntryObjectId());
            parser.next();
        }
        return entries;
    }

    /** What is to be understood is compared with its name first. */
    private byte[] verified(ObjectId id, int type) throws IOException {
        byte[] content = repository.open(id, type).getCachedBytes(OBJECT_BYTES_MAX);
        if (!inserter.idFor(type, content).equals(id)) {
            throw new CorruptObjectException(id, "its content is another's");
        }
        return content;
    }

    @Override
    public Set<String> names() throws IOException {
        return new HashSet<>(chunks().keySet());
    }

    @Override
    public byte[] get(String name) throws IOException {
        ObjectId id = chunks().get(name);
        if (id == null) {
            throw missing(name);
        }
        try {
            return whole(() -> {
                ObjectLoader loader = repository.open(id, Constants.OBJ_BLOB);
                return loader.getCachedBytes(BackupCipher.CHUNK_BYTES_MAX);
            });
        } catch (VaultException e) {
            throw e.getCause() instanceof MissingObjectException ? missing(name) : e;
        }
    }

    private static VaultException missing(String name) {
        return new VaultException(Reason.MISSING, "The chunk " + name + " is missing.");
    }

    @Override
    public void put(String name, byte[] sealed) throws IOException {
        chunks().put(name, insert(Constants.OBJ_BLOB, sealed));
        changed = true;
        unsettledBytes += sealed.length;
        if (unsettledBytes > UNSETTLED_BYTES_MAX) {
            settle();
        }
    }

    private ObjectId insert(int type, byte[] content) throws IOException {
        ObjectId id = inserter.insert(type, content);
        inserter.flush();
        Path inner = folder.resolve("objects").resolve(id.name().substring(0, 2));
        unsettled.add(inner.resolve(id.name().substring(2)));
        unsettled.add(inner);
        unsettled.add(folder.resolve("objects"));
        return id;
    }

    @Override
    public void settle() throws IOException {
        if (changed) {
            whole(this::commit);
            changed = false;
            unsettledBytes = 0;
        }
    }

    private RefUpdate.Result commit() throws IOException {
        Optional<ObjectId> head = head();
        CommitBuilder commit = new CommitBuilder();
        commit.setTreeId(tree());
        head.ifPresent(commit::setParentId);
        commit.setAuthor(NOBODY);
        commit.setCommitter(NOBODY);
        commit.setMessage("chunks\n");
        ObjectId next = insert(Constants.OBJ_COMMIT, commit.build());
        for (Path each : unsettled) {
            if (Files.exists(each)) { // what is in a pack of git's is there already
                PrivateFile.settle(each);
            }
        }
        unsettled.clear();
        RefUpdate update = repository.updateRef(BRANCH);
        update.setNewObjectId(next);
        update.setExpectedOldObjectId(head.orElse(ObjectId.zeroId()));
        update.disableRefLog();
        RefUpdate.Result result = update.update();
        if (result != RefUpdate.Result.NEW && result != RefUpdate.Result.FAST_FORWARD) {
            throw new IOException("The branch did not move: " + result);
        }
        PrivateFile.settle(folder.resolve("refs").resolve("heads"));
        return result;
    }

    private ObjectId tree() throws IOException {
        SortedMap<String, TreeFormatter> inner = new TreeMap<>();
        chunks().forEach((name, id) -> inner.computeIfAbsent(name.substring(0, 2), _ -> new TreeFormatter())
                .append(name, FileMode.REGULAR_FILE, id));
        TreeFormatter root = new TreeFormatter();
        for (Map.Entry<String, TreeFormatter> each : inner.entrySet()) {
            root.append(
                    each.getKey(),
                    FileMode.TREE,
                    insert(Constants.OBJ_TREE, each.getValue().toByteArray()));
        }
        return insert(Constants.OBJ_TREE, root.toByteArray());
    }

    /** Out of the newest tree: in the history they stay. */
    @Override
    public void remove(Collection<String> names) throws IOException {
        changed |= chunks().keySet().removeAll(names);
        settle();
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder.resolve("objects"), "noz*.tmp")) {
            for (Path each : left) { // what a crash has left half written
                Files.delete(each);
            }
        }
    }

    @Override
    public void check(Consumer<String> problems) throws IOException {
        boolean whole = true;
        for (String text : List.of("HEAD", "config")) {
            if (Files.notExists(folder.resolve(text))) {
                problems.accept("The file " + folder.resolve(text) + " is missing.");
                whole = false;
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(each -> !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                if (!isWhole(file)) {
                    problems.accept("The file " + file + " is damaged, or none of the backup's.");
                    whole = false;
                }
            }
        }
        if (whole) {
            connected(problems);
        }
    }

    private boolean isWhole(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        String name = folder.relativize(file).toString();
        var object = OBJECT.matcher(name);
        if (object.matches()) {
            return isObject(bytes(file, OBJECT_BYTES_MAX), object.group(1) + object.group(2));
        }
        String text = new String(bytes(file, TEXT_BYTES_MAX), StandardCharsets.ISO_8859_1);
        return switch (name) {
            case "HEAD" -> text.equals(HEAD);
            case "config" -> text.equals(CONFIG);
            case BRANCH -> COMMIT.matcher(text).matches();
            default -> HALF_WRITTEN.matcher(name).matches();
        };
    }

    private static byte[] bytes(Path file, int most) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes(most + 1);
        }
    }

    /**
     * Whether it is a loose object of that name as they are written here: zlib's head, stored blocks, a sum (RFC 1950 and 1951).
     * No bit of it could be another one.
     */
    private static boolean isObject(byte[] file, String id) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < 2 || in.get() != 0x78 || in.get() != 0x01) {
            return false;
        }
        MessageDigest digest = sha1();
        Adler32 sum = new Adler32();
        int kind = 0;
        while (kind == 0) {
            if (in.remaining() < 5) {
                return false;
            }
            kind = in.get();
            int length = in.getShort() & 0xffff;
            int inverse = in.getShort() & 0xffff;
            if ((length ^ inverse) != 0xffff || in.remaining() < length) {
                return false;
            }
            digest.update(file, in.position(), length);
            sum.update(file, in.position(), length);
            in.position(in.position() + length);
        }
        return kind == 1
                && in.remaining() == Integer.BYTES
                && in.order(ByteOrder.BIG_ENDIAN).getInt() == (int) sum.getValue()
                && HexFormat.of().formatHex(digest.digest()).equals(id);
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1"); // git's own name of an object: no secret rests on it
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Java has no SHA-1", e);
        }
    }

    /** Whether the history has all that it names. */
    private void connected(Consumer<String> problems) throws IOException {
        try (ObjectWalk walk = new ObjectWalk(repository)) {
            Optional<ObjectId> head = head();
            if (head.isPresent()) {
                walk.markStart(walk.parseCommit(head.get()));
                walk.checkConnectivity();
            }
        } catch (MissingObjectException | CorruptObjectException | IncorrectObjectTypeException e) {
            problems.accept("The git repository of the backup lacks something: " + e.getMessage());
        }
    }

    /** What an interrupted backup has put is there for the next one. */
    @Override
    public void close() throws IOException {
        try {
            settle();
        } finally {
            inserter.close();
            repository.close();
        }
    }
}
