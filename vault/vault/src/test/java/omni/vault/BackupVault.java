package omni.vault;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** A whole vault that is open, under a real key file whose password is stretched quickly, in this process. */
final class BackupVault implements AutoCloseable {
    final Path folder;
    final OpenVault open;
    final Backups backups;

    private BackupVault(Path folder, OpenVault open) {
        this.folder = folder;
        this.open = open;
        this.backups = new Backups(open);
    }

    /** A new one, and the words of its recovery key. */
    record Fresh(BackupVault vault, Bytes words) {}

    static Fresh make(Path folder) throws IOException {
        KeyWork.Outcome made = new KeyWork(Made::quick).create(Made.password(Made.PASSWORD), Made.LEAST);
        Files.createDirectories(folder);
        Files.write(folder.resolve(KeyKeeper.FILE), made.file().orElseThrow().json());
        return new Fresh(
                new BackupVault(folder, OpenVault.open(folder, ring(made), Clock.systemUTC())),
                new Bytes(made.words().orElseThrow()));
    }

    /** The one that is there. */
    static BackupVault at(Path folder) throws IOException {
        KeyRing keys = keys(folder, Made.password(Made.PASSWORD));
        return new BackupVault(folder, OpenVault.open(folder, keys, Clock.systemUTC()));
    }

    /** Adds a version of a data key to a vault that is closed. */
    static void addVersion(Path folder, Purpose purpose) throws IOException {
        change(folder, (work, keys) -> work.addVersion(keys, Made.password(Made.PASSWORD), purpose));
    }

    /** Takes its old versions away. */
    static void dropOld(Path folder, Purpose purpose) throws IOException {
        change(folder, (work, keys) -> work.dropOld(keys, Made.password(Made.PASSWORD), purpose));
    }

    private interface Change {
        KeyWork.Outcome of(KeyWork work, KeyFile keys) throws VaultException;
    }

    private static void change(Path folder, Change change) throws IOException {
        Path file = folder.resolve(KeyKeeper.FILE);
        KeyFile keys = KeyFile.of(Files.readAllBytes(file));
        Files.write(
                file,
                change.of(new KeyWork(Made::quick), keys).file().orElseThrow().json());
    }

    /** The data keys of the key file in that folder. */
    static KeyRing keys(Path folder, Secret secret) throws IOException {
        KeyFile file = KeyFile.of(Files.readAllBytes(folder.resolve(KeyKeeper.FILE)));
        return ring(new KeyWork(Made::quick).open(file, secret));
    }

    private static KeyRing ring(KeyWork.Outcome outcome) throws VaultException {
        List<KeyRing.Name> names = new ArrayList<>();
        SecretMemory memory =
                SecretMemory.of(DataKeys.KEY_BYTES * outcome.keys().size());
        ByteBuffer into = memory.buffer();
        for (KeyWork.PlainKey key : outcome.keys()) {
            names.add(new KeyRing.Name(key.purpose(), key.version()));
            into.put(key.key());
        }
        return new KeyRing(memory, names);
    }

    /** Puts the newest snapshot, or that one, into a folder that is empty, by a secret. */
    static void restore(Path from, Optional<String> snapshot, Path into, Secret secret) throws IOException {
        restore(from, snapshot, into, secret, new BackupLosses(false));
    }

    static void restore(Path from, Optional<String> snapshot, Path into, Secret secret, BackupLosses losses)
            throws IOException {
        Files.createDirectories(into);
        try (BackupTarget target = BackupTarget.open(from)) {
            BackupTarget.Identity identity = target.identity().orElseThrow();
            BackupRestore restore = new BackupRestore(into, (part, done, total) -> {}, losses);
            Path staging = restore.begin(identity);
            try (KeyRing keys = keys(staging, secret)) {
                restore.restore(BackupReader.of(target, target.choose(snapshot), keys), identity, keys);
            }
        }
    }

    BackupWriter.Done take(Path target) throws VaultException {
        return backups.take(target, false, (read, written) -> {});
    }

    BackupCheck.Report check(Path target) throws VaultException {
        return backups.check(target, Optional.empty(), (chunks, total, bytes) -> {});
    }

    /** A conversation with a message of each text. */
    String conversation(String... texts) throws VaultException {
        List<ObjectNode> messages = Stream.of(texts).map(TestVault::message).toList();
        return open.conversations()
                .create(Map.of("topic", "test"), messages, Optional.empty())
                .id();
    }

    /** A conversation in which that was answered; its id. */
    String response(String text) throws VaultException {
        String conversation = conversation(text);
        open.conversations()
                .responses()
                .keep(
                        "resp_" + "0".repeat(48),
                        new Responses.Place(Optional.of(conversation), Optional.empty()),
                        Json.object().put("object", "response"),
                        List.of(TestVault.message(text)),
                        List.of(TestVault.message(text).put("id", "msg_" + "0".repeat(48))));
        return conversation;
    }

    /** Something of each kind. */
    void fill(Random random, int conversations, int bytes) throws IOException {
        for (int i = 0; i < conversations; i++) {
            conversation("question " + random.nextLong() + " of walnuts", "answer " + random.nextLong());
        }
        open.memories().create("name " + random.nextInt(), "the cat is called " + random.nextLong());
        new ProviderSecrets(open.records()).put("provider", "s3cret".getBytes(StandardCharsets.UTF_8));
        new Settings(open.records()).put("conversations.keep", "P300D");
        file(random, bytes);
    }

    SealedFile file(Random random, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return files().write("document", "plan.pdf", bytes, new ByteArrayInputStream(content));
    }

    SealedFiles files() throws VaultException {
        return SealedFiles.open(
                folder.resolve("files"),
                open.keys(),
                Purpose.FILES,
                "vault",
                new FileLimits(2L << 30, 8L << 30, 10_000, 0));
    }

    /** Of every row and every file, as they are kept. */
    static String hash(Records records, Path files) throws IOException {
        MessageDigest digest = sha256();
        records.read(sql -> {
            List<String> tables = new ArrayList<>(BackupRows.tables(sql));
            for (String table : tables) {
                digest.update(table.getBytes(StandardCharsets.UTF_8));
                BackupRows.read(sql, table, BackupRows.columns(sql, table), (number, row) -> digest.update(row));
            }
            return sql.rows(
                    "SELECT number, wrapped FROM row_keys WHERE wrapped <> zeroblob(76) ORDER BY number", row -> {
                        digest.update((row.getLong(1) + " ").getBytes(StandardCharsets.UTF_8));
                        digest.update(row.getBytes(2));
                        return row.getLong(1);
                    });
        });
        try (Stream<Path> all = Files.exists(files) ? Files.walk(files) : Stream.empty()) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                digest.update(String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8));
                try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                    in.transferTo(java.io.OutputStream.nullOutputStream());
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    String hash() throws IOException {
        return hash(open.records(), folder.resolve("files"));
    }

    /** The hash of one that is closed. */
    static String hash(Path folder) throws IOException {
        try (KeyRing keys = keys(folder, Made.password(Made.PASSWORD));
                Records records = Records.open(folder, keys)) {
            return hash(records, folder.resolve("files"));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws VaultException {
        open.close();
    }
}
