package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * Damages copies of a database and its journal, each at one place, and looks whether a check sees it; if it does not, all must
 * read as before. By itself it does 10,000, or as many as its first argument says, with the seed that is its second.
 */
final class DamageMain {
    private static final int PAGE = 4096;
    private static final int FRAME = 4096 + 24;

    /**
     * What came of it.
     *
     * @param missed each damage that changed what is read, or crashed the check, and was not told
     */
    record Result(int seen, int withoutEffect, List<String> missed) {}

    private final Path folder;
    private final Random random;

    DamageMain(Path folder, long seed) {
        this.folder = folder;
        this.random = new Random(seed);
    }

    public static void main(String[] args) throws IOException {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
        long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
        System.out.println(new DamageMain(Files.createTempDirectory("damage"), seed).run(count));
    }

    Result run(int count) throws IOException {
        Path whole = folder.resolve("whole");
        byte[] database;
        byte[] journal;
        try (TestVault vault = new TestVault(whole)) {
            for (int i = 0; i < 10; i++) {
                vault.conversation("message " + i, "word ".repeat(500 * i));
            }
            vault.records.checkpoint();
            for (int i = 0; i < 5; i++) {
                vault.conversation("later " + i);
            }
            database = Files.readAllBytes(Records.file(whole));
            journal = Files.readAllBytes(Records.journal(whole));
        }
        Map<String, String> before = contents(copy(database, journal));
        if (told(copy(database, journal))) {
            throw new IllegalStateException("A check tells of damage where there is none");
        }
        int seen = 0;
        int withoutEffect = 0;
        List<String> missed = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] damagedDatabase = database.clone();
            byte[] damagedJournal = journal.clone();
            String what = damage(damagedDatabase, damagedJournal);
            Path place = copy(damagedDatabase, damagedJournal);
            if (told(place)) {
                seen++;
            } else if (contents(place).equals(before)) {
                withoutEffect++;
            } else {
                missed.add(what);
            }
        }
        return new Result(seen, withoutEffect, missed);
    }

    private static boolean told(Path place) throws IOException {
        try (FakeKeys keys = new FakeKeys("vault")) {
            return !RecordsCheck.closed(place, keys).problems().isEmpty();
        }
    }

    private String damage(byte[] database, byte[] journal) {
        return switch (random.nextInt(6)) {
            case 0 -> swap(database, 0, PAGE);
            case 1 -> swap(journal, 32, FRAME);
            case 2, 3 -> flip("journal", journal);
            default -> flip("database", database);
        };
    }

    private String flip(String name, byte[] bytes) {
        int at = random.nextInt(bytes.length);
        bytes[at] ^= (byte) (1 + random.nextInt(255));
        return name + " at " + at;
    }

    private String swap(byte[] bytes, int from, int unit) {
        int count = (bytes.length - from) / unit;
        int one = random.nextInt(count);
        int other = (one + 1 + random.nextInt(count - 1)) % count;
        for (int i = 0; i < unit; i++) {
            byte kept = bytes[from + one * unit + i];
            bytes[from + one * unit + i] = bytes[from + other * unit + i];
            bytes[from + other * unit + i] = kept;
        }
        return "swap of " + one + " and " + other + " of " + unit + " bytes";
    }

    private Path copy(byte[] database, byte[] journal) throws IOException {
        Path place = Files.createDirectories(folder.resolve("damaged"));
        Files.deleteIfExists(place.resolve("records.db-shm"));
        Files.write(Records.file(place), database);
        Files.write(Records.journal(place), journal);
        return place;
    }

    /** All that the records say. */
    private static Map<String, String> contents(Path place) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (TestVault vault = new TestVault(place)) {
            for (Conversation conversation :
                    vault.conversations.list(Optional.empty(), 100).entries()) {
                contents.put(
                        conversation.toString(),
                        vault.conversations
                                .items()
                                .list(conversation.id(), Optional.empty(), 100, ConversationItems.Order.OLDEST_FIRST)
                                .toString());
            }
        }
        return contents;
    }
}
