package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes, of what {@code powercut.c} wrote down, states that a power cut could have left: at a random moment, all that was synced
 * is there, and of what was not, each write is there, missing, or torn at a sector of 512 bytes; names that were made, removed
 * or changed since the folder was synced are as far as a random one of them. Arguments: the folder with the log, how many states, the
 * seed, and of a whole vault ({@link PowerCutVault}) "vault", or "vault-unsynced" for its control.
 */
final class PowerCutMain {
    private static final int SECTOR = 512;

    private record Entry(char kind, int file, long offset, Bytes bytes) {
        String text() {
            return new String(bytes.array(), StandardCharsets.UTF_8);
        }
    }

    /**
     * What came of it.
     *
     * @param lost a line for each state in which something that was acknowledged is missing
     */
    record Result(int states, int acknowledged, List<String> lost) {}

    /** Looks at what a power cut has left. */
    interface Check {
        /**
         * Returns how many things had been acknowledged.
         *
         * @param lines what was printed before
         * @throws AssertionError where one of them is not there
         */
        int check(Path place, List<String> lines, String when) throws VaultException;
    }

    private final List<Entry> log = new ArrayList<>();
    private final Path folder;
    private final Check check;
    private final Random random;

    /** Of records as {@link WriterMain} writes them. */
    PowerCutMain(Path log, Path folder, long seed) throws IOException {
        this(log, folder, seed, PowerCutMain::records, true);
    }

    /** Of something else; where it does not sync, by a disk that says it has done so, and has not. */
    PowerCutMain(Path log, Path folder, long seed, Check check, boolean syncs) throws IOException {
        this.folder = folder;
        this.check = check;
        this.random = new Random(seed);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            char kind = (char) bytes.get();
            int file = bytes.getInt();
            long offset = bytes.getLong();
            byte[] content = new byte[bytes.getInt()];
            bytes.get(content);
            if (syncs || (kind != 'S' && kind != 'D')) {
                this.log.add(new Entry(kind, file, offset, new Bytes(content)));
            }
        }
    }

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Path log = folder.resolve("log");
        long seed = Long.parseLong(args[2]);
        PowerCutMain main = args.length > 3
                ? new PowerCutMain(log, folder, seed, PowerCutVault::check, args[3].equals("vault"))
                : new PowerCutMain(log, folder, seed);
        System.out.println(main.run(Integer.parseInt(args[1])));
    }

    Result run(int states) throws IOException {
        List<String> lost = new ArrayList<>();
        int acknowledged = 0;
        for (int state = 0; state < states; state++) {
            int moment = random.nextInt(log.size() + 1);
            Path place = folder.resolve("state-" + state);
            make(place, moment);
            try {
                acknowledged += check.check(place, printed(moment), "state " + state + " at " + moment);
            } catch (AssertionError | VaultException e) {
                lost.add("state " + state + " at " + moment + ": " + e.getMessage());
            }
            remove(place);
        }
        return new Result(states, acknowledged, lost);
    }

    private List<String> printed(int moment) {
        StringBuilder printed = new StringBuilder();
        for (Entry entry : log.subList(0, moment)) {
            if (entry.kind() == 'A') {
                printed.append(entry.text());
            }
        }
        // A line without its end may be the beginning of another.
        return printed.substring(0, printed.lastIndexOf("\n") + 1).lines().toList();
    }

    private static int records(Path place, List<String> lines, String when) throws VaultException {
        Set<Long> alive = new TreeSet<>();
        for (String line : lines) {
            long number = Long.parseLong(line);
            if (number > 0) {
                alive.add(number);
            } else {
                alive.remove(-number);
            }
        }
        int acknowledged = alive.size();
        KillBoxTest.check(place, alive, when);
        return acknowledged;
    }

    private void make(Path place, int moment) throws IOException {
        Files.createDirectories(place);
        for (Map.Entry<String, Integer> name : names(moment).entrySet()) {
            Files.write(place.resolve(name.getKey()), content(name.getValue(), moment));
        }
    }

    private Map<String, Integer> names(int moment) {
        int certain = 0;
        for (int i = 0; i < moment; i++) {
            if (log.get(i).kind() == 'D') {
                certain = i;
            }
        }
        int until = certain + random.nextInt(moment - certain + 1);
        Map<String, Integer> names = new HashMap<>();
        for (Entry entry : log.subList(0, until)) {
            switch (entry.kind()) {
                case 'N' -> names.put(entry.text(), entry.file());
                case 'U' -> names.remove(entry.text());
                case 'R' -> {
                    int end = entry.text().indexOf('\0');
                    Integer file = names.remove(entry.text().substring(0, end));
                    if (file != null) {
                        names.put(entry.text().substring(end + 1), file);
                    }
                }
                default -> {}
            }
        }
        return names;
    }

    private byte[] content(int file, int moment) {
        int synced = -1;
        for (int i = 0; i < moment; i++) {
            if (log.get(i).file() == file && log.get(i).kind() == 'S') {
                synced = i;
            }
        }
        Content content = new Content();
        for (int i = 0; i < moment; i++) {
            Entry entry = log.get(i);
            if (entry.file() != file) {
                continue;
            }
            // An inode's number is used again once its file is removed.
            if (entry.kind() == 'N') {
                content = new Content();
            }
            boolean certain = i < synced;
            if (entry.kind() == 'W' && (certain || random.nextInt(3) > 0)) {
                boolean torn = !certain && random.nextInt(4) == 0;
                content.write(
                        entry,
                        torn
                                ? torn(entry.bytes().array().length)
                                : entry.bytes().array().length);
            } else if (entry.kind() == 'T' && (certain || random.nextBoolean())) {
                content.truncate(entry.offset());
            }
        }
        return content.bytes();
    }

    private int torn(int length) {
        return random.nextInt(length / SECTOR + 1) * SECTOR;
    }

    private static void remove(Path place) throws IOException {
        try (var walk = Files.walk(place)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** A file's bytes: what was never written is zero. */
    private static final class Content {
        private byte[] bytes = new byte[0];

        void write(Entry entry, int count) {
            int end = (int) entry.offset() + count;
            if (bytes.length < end) {
                bytes = Arrays.copyOf(bytes, end);
            }
            System.arraycopy(entry.bytes().array(), 0, bytes, (int) entry.offset(), count);
        }

        void truncate(long length) {
            bytes = Arrays.copyOf(bytes, (int) length);
        }

        byte[] bytes() {
            return bytes;
        }
    }
}
