package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * Damages copies of a whole vault, each at one place of one of its files, and looks whether a check sees it; if it does not, all
 * must read as before. If it does, what stands in other files must read as before, and of the records what can be read is counted.
 * Arguments: a folder, how many, the seed.
 */
final class DamageMain {
    private static final int PAGE = 4096;
    private static final int JOURNAL_HEADER = 32;
    private static final int FRAME = PAGE + 24;
    private static final int PROGRESS = 1000;
    private static final String DATABASE = "records.db";
    private static final String JOURNAL = "records.db-wal";

    /** Says whether it sees damage in that folder. */
    interface Check {
        boolean sees(Path folder) throws IOException;
    }

    /**
     * What came of it.
     *
     * @param seen by the check, by file
     * @param withoutEffect not seen, and all reads as before, by file
     * @param legible of hundred parts of the records, how many read as before where the records were damaged, on average
     * @param missed each damage that changed what is read and was not told, hindered other files, or crashed something
     */
    record Result(Map<String, Integer> seen, Map<String, Integer> withoutEffect, long legible, List<String> missed) {}

    private final Path folder;
    private final Random random;
    private final Check check;
    private final Map<String, Integer> seen = new TreeMap<>();
    private final Map<String, Integer> withoutEffect = new TreeMap<>();
    private final List<String> missed = new ArrayList<>();
    private Map<String, String> before = Map.of();
    private long parts;
    private long legible;

    DamageMain(Path folder, long seed, Check check) {
        this.folder = folder;
        this.random = new Random(seed);
        this.check = check;
    }

    /** One damage. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Damage(String file, String what, byte[] bytes) {
        String sort() {
            return file.startsWith("files/") ? "files" : file;
        }
    }

    public static void main(String[] args) throws IOException {
        System.out.println(new DamageMain(
                        Path.of(args[0]),
                        Long.parseLong(args[2]),
                        place -> !WholeVault.problems(place).isEmpty())
                .run(Integer.parseInt(args[1])));
    }

    Result run(int count) throws IOException {
        Map<String, Bytes> whole = WholeVault.make(Files.createDirectories(folder.resolve("whole")));
        before = WholeVault.contents(copy(whole));
        if (check.sees(copy(whole)) || WholeVault.isRefused(before)) {
            throw new IllegalStateException("A check tells of damage where there is none");
        }
        List<String> names = List.copyOf(whole.keySet());
        for (int i = 0; i < count; i++) {
            if (i > 0 && i % PROGRESS == 0) {
                System.out.println(i + " of " + count);
            }
            Damage damage = damage(whole, names);
            try {
                judge(whole, damage);
            } catch (RuntimeException e) {
                missed.add(damage.what() + " crashed it: " + e);
            }
        }
        return new Result(seen, withoutEffect, parts == 0 ? 0 : 100 * legible / parts, missed);
    }

    private void judge(Map<String, Bytes> whole, Damage damage) throws IOException {
        boolean told = check.sees(copy(whole, damage));
        Map<String, String> now = WholeVault.contents(copy(whole, damage));
        if (!told) {
            if (now.equals(before)) {
                withoutEffect.merge(damage.sort(), 1, Integer::sum);
            } else {
                missed.add(damage.what());
            }
            return;
        }
        seen.merge(damage.sort(), 1, Integer::sum);
        boolean records = damage.file().startsWith(DATABASE);
        before.forEach((part, text) -> {
            boolean same = text.equals(now.get(part));
            boolean ofRecords = part.startsWith(DATABASE);
            if (records && ofRecords) {
                parts++;
                legible += same ? 1 : 0;
            } else if (!same && !part.equals(damage.file()) && !needs(part, damage, records)) {
                missed.add(damage.what() + " hinders " + part);
            }
        });
    }

    /** Whether that part cannot be read without what was damaged: without keys nothing of the vault's own. */
    private static boolean needs(String part, Damage damage, boolean records) {
        boolean underKeys = part.startsWith("files/") || part.startsWith(DATABASE);
        return (damage.file().equals(KeyKeeper.FILE) && underKeys) || (records && part.equals(KeyKeeper.FILE));
    }

    private Damage damage(Map<String, Bytes> whole, List<String> names) {
        return switch (random.nextInt(8)) {
            case 0 -> swap(whole, DATABASE, 0, PAGE);
            case 1 -> swap(whole, JOURNAL, JOURNAL_HEADER, FRAME);
            case 2 -> swap(whole, longest(whole), 0, PAGE);
            case 3 -> flip(whole, DATABASE);
            case 4 -> flip(whole, JOURNAL);
            default -> flip(whole, names.get(random.nextInt(names.size())));
        };
    }

    private static String longest(Map<String, Bytes> whole) {
        return whole.keySet().stream()
                .filter(name -> name.startsWith("files/") && bytes(whole, name).length > 1 << 20)
                .findFirst()
                .orElseThrow();
    }

    private static byte[] bytes(Map<String, Bytes> whole, String file) {
        return Objects.requireNonNull(whole.get(file)).array().clone();
    }

    private Damage flip(Map<String, Bytes> whole, String file) {
        byte[] bytes = bytes(whole, file);
        int at = random.nextInt(bytes.length);
        bytes[at] ^= (byte) (1 + random.nextInt(255));
        return new Damage(file, file + " at " + at, bytes);
    }

    private Damage swap(Map<String, Bytes> whole, String file, int from, int unit) {
        byte[] bytes = bytes(whole, file);
        int count = (bytes.length - from) / unit;
        int one = random.nextInt(count);
        int other = (one + 1 + random.nextInt(count - 1)) % count;
        for (int i = 0; i < unit; i++) {
            byte kept = bytes[from + one * unit + i];
            bytes[from + one * unit + i] = bytes[from + other * unit + i];
            bytes[from + other * unit + i] = kept;
        }
        return new Damage(file, file + ": " + one + " and " + other + " of " + unit + " bytes changed places", bytes);
    }

    private Path copy(Map<String, Bytes> whole) throws IOException {
        Path place = folder.resolve("damaged");
        WholeVault.put(whole, place);
        return place;
    }

    private Path copy(Map<String, Bytes> whole, Damage damage) throws IOException {
        Path place = copy(whole);
        Files.write(place.resolve(damage.file()), damage.bytes());
        return place;
    }
}
