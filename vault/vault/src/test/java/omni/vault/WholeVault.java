package omni.vault;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import omni.role.Attempts;
import omni.role.PrivateFile;

/**
 * A vault's folder with each file that there can be, made and read by the classes that the product does it with; only that keys come
 * without a child process, and by a derivation that costs nothing.
 */
final class WholeVault {
    static final Clock CLOCK = Clock.systemUTC();
    private static final KeyWork WORK = new KeyWork(Made::quick);
    private static final int LONG_FILE_BYTES = (1 << 20) + 10_000;

    /** Begins what stands for something that was refused. */
    private static final String REFUSED = "refused: ";

    private WholeVault() {}

    /** Fills that folder, and returns the bytes of each file as they are while the vault is open, by name. */
    static Map<String, Bytes> make(Path folder) throws IOException {
        KeyWork.Outcome made = WORK.create(Made.password(Made.PASSWORD), Made.LEAST);
        PrivateFile.write(
                folder.resolve(KeyKeeper.FILE), made.file().orElseThrow().json());
        try (OpenVault vault = OpenVault.open(folder, ring(made), CLOCK)) {
            vault.audit().add(AuditEvent.CREATED, Map.of());
            for (int i = 0; i < 10; i++) {
                converse(vault, "message " + i, "word ".repeat(500 * i));
            }
            vault.memories().create("name", "what is remembered");
            new Settings(vault.records()).put("setting", "value");
            new ProviderSecrets(vault.records()).put("token", new byte[] {1, 2, 3});
            files(folder, vault.keys());
            vault.records().checkpoint();
            for (int i = 0; i < 5; i++) {
                converse(vault, "later " + i);
                vault.audit().add(AuditEvent.PROVED, Map.of("turn", Integer.toString(i)));
            }
            vault.audit().add(AuditEvent.LOCKED, Map.of("why", "asked for"));
            SealedLog sealed = new SealedLog(folder, CLOCK);
            for (int i = 0; i < 3; i++) {
                sealed.add(AuditEvent.WRONG_SECRET, Map.of("turn", Integer.toString(i / 2)));
            }
            new Attempts(folder.resolve("attempts"), CLOCK).begin();
            return bytes(folder);
        }
    }

    static void converse(OpenVault vault, String... texts) throws VaultException {
        List<tools.jackson.databind.node.ObjectNode> items =
                Stream.of(texts).map(TestVault::message).toList();
        vault.conversations().create(Map.of("topic", "test"), items, Optional.empty());
    }

    private static void files(Path folder, DataKeys keys) throws IOException {
        SealedFiles files = sealedFiles(folder, keys);
        for (int length : new int[] {0, 100, LONG_FILE_BYTES}) {
            byte[] content = new byte[length];
            new Random(length).nextBytes(content);
            files.write("document", "of " + length, length, new ByteArrayInputStream(content));
        }
    }

    /** Its large files. */
    static SealedFiles sealedFiles(Path folder, DataKeys keys) throws VaultException {
        return SealedFiles.open(folder.resolve("files"), keys, Purpose.FILES, "vault", FileLimits.DEFAULT);
    }

    /** The keys that came of it. */
    static KeyRing ring(KeyWork.Outcome outcome) throws VaultException {
        SecretMemory memory = SecretMemory.of(outcome.keys().size() * DataKeys.KEY_BYTES);
        List<KeyRing.Name> names = new ArrayList<>();
        for (KeyWork.PlainKey key : outcome.keys()) {
            MemorySegment.copy(
                    MemorySegment.ofArray(key.key()),
                    0,
                    memory.segment(),
                    (long) names.size() * DataKeys.KEY_BYTES,
                    DataKeys.KEY_BYTES);
            names.add(new KeyRing.Name(key.purpose(), key.version()));
        }
        return new KeyRing(memory, names);
    }

    /** Each file that is there, by name. */
    static Map<String, Bytes> bytes(Path folder) throws IOException {
        Map<String, Bytes> bytes = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                bytes.put(folder.relativize(file).toString(), new Bytes(Files.readAllBytes(file)));
            }
        }
        return bytes;
    }

    /** Puts these files there. */
    static void put(Map<String, Bytes> bytes, Path folder) throws IOException {
        for (Map.Entry<String, Bytes> file : bytes.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(Objects.requireNonNull(path.getParent()));
            Files.write(path, file.getValue().array());
        }
    }

    /** The keys by the password. */
    static KeyRing keys(Path folder) throws IOException {
        byte[] json = Files.readAllBytes(folder.resolve(KeyKeeper.FILE));
        return ring(WORK.open(KeyFile.of(json), Made.password(Made.PASSWORD)));
    }

    /** What a check of everything tells, a sentence each. */
    static List<String> problems(Path folder) throws IOException {
        List<String> problems = new ArrayList<>();
        try (KeyRing keys = keys(folder)) {
            problems.addAll(RecordsCheck.closed(folder, keys).problems());
            SealedFiles files = sealedFiles(folder, keys);
            SealedFiles.Listing listing = files.list();
            problems.addAll(listing.problems());
            for (SealedFile file : listing.files()) {
                try (SealedChannel channel = files.read(file.id())) {
                    channel.check(() -> {});
                }
            }
            SealedLog.in(folder);
            try (Records records = Records.open(folder, keys)) {
                problems.addAll(
                        AuditCheck.check(folder, new AuditTable(records)).problems());
            }
        } catch (VaultException e) {
            problems.add(e.getMessage());
        }
        if (attempts(folder) > 1) {
            problems.add("The count of wrong tries is damaged, and the wait the longest.");
        }
        return problems;
    }

    private static int attempts(Path folder) throws IOException {
        return new Attempts(folder.resolve("attempts"), CLOCK).standing().wrong();
    }

    /** One thing that is kept. */
    private interface Part {
        String read() throws IOException;
    }

    /** Everything that is kept, by a name that begins with its file's; of what is refused, the sentence. */
    static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        put(contents, "sealed.log", () -> SealedLog.in(folder).toString());
        put(contents, "attempts", () -> Integer.toString(attempts(folder)));
        put(contents, "audit.head", () -> AuditHead.in(folder).toString());
        put(contents, "audit.pub", () -> AuditPublicKey.in(folder).toString());
        put(contents, KeyKeeper.FILE, () -> {
            try (KeyRing keys = keys(folder)) {
                files(contents, sealedFiles(folder, keys));
                try (Records records = Records.open(folder, keys)) {
                    records(contents, records);
                }
                return "opens";
            }
        });
        return contents;
    }

    private static void put(Map<String, String> contents, String name, Part part) throws IOException {
        try {
            contents.put(name, part.read());
        } catch (VaultException e) {
            contents.put(name, REFUSED + e.getMessage());
        }
    }

    /** Whether something of it could not be read. */
    static boolean isRefused(Map<String, String> contents) {
        return contents.values().stream().anyMatch(text -> text.startsWith(REFUSED));
    }

    private static void files(Map<String, String> contents, SealedFiles files) throws IOException {
        for (SealedFile file : files.list().files()) {
            put(contents, "files/" + file.id().substring(0, 2) + "/" + file.id(), () -> {
                try (SealedChannel channel = files.read(file.id())) {
                    ByteBuffer content = ByteBuffer.allocate((int) channel.size());
                    while (channel.read(content) > 0) {}
                    return file + " " + Arrays.hashCode(content.array());
                }
            });
        }
    }

    private static void records(Map<String, String> contents, Records records) throws IOException {
        Conversations conversations = new Conversations(records, CLOCK);
        put(contents, "records.db/list", () -> {
            List<Conversation> all = conversations.list(Optional.empty(), 100).entries();
            for (Conversation one : all) {
                put(
                        contents,
                        "records.db/" + one.id(),
                        () -> conversations
                                .items()
                                .list(one.id(), Optional.empty(), 100, ConversationItems.Order.OLDEST_FIRST)
                                .toString());
            }
            return all.toString();
        });
        put(
                contents,
                "records.db/memories",
                () -> new Memories(records, CLOCK).list(Optional.empty(), 100).toString());
        put(contents, "records.db/settings", () -> new Settings(records).all().toString());
        put(contents, "records.db/secret", () -> Arrays.toString(new ProviderSecrets(records).get("token")));
        put(
                contents,
                "records.db/audit",
                () -> new AuditTable(records).read(1, 100).toString());
    }
}
