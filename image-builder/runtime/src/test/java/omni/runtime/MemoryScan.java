package omni.runtime;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Looks for things in the memory of a product's processes from outside: all that is mapped and can be read, but for files as they are, by
 * {@code /proc/PID/maps} and {@code mem} (proc(5)). Takes root, for the roles let nobody else look.
 */
final class MemoryScan {
    private final Path home;

    MemoryScan(Path home) {
        this.home = home;
    }

    /** How often each process has what; a process that has nothing of it is not in there. */
    Map<String, Map<String, Integer>> find(Needles needles) {
        Map<String, Map<String, Integer>> found = new TreeMap<>();
        for (long pid : processes()) {
            Map<String, Integer> inIt = find(pid, needles);
            if (!inIt.isEmpty()) {
                found.put(pid + " " + name(pid), inIt);
            }
        }
        return found;
    }

    /** Every process with this OMNI_HOME, and every one that descends from such a one. */
    Set<Long> processes() {
        byte[] mark = ("OMNI_HOME=" + home + "\0").getBytes(StandardCharsets.UTF_8);
        Set<Long> pids = new TreeSet<>();
        try (Stream<Path> proc = Files.list(Path.of("/proc"))) {
            proc.filter(path -> path.getFileName().toString().matches("\\d+")).forEach(path -> {
                if (contains(read(path.resolve("environ")), mark)) {
                    pids.add(Long.parseLong(path.getFileName().toString()));
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (long pid : Set.copyOf(pids)) {
            ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants).forEach(each -> pids.add(each.pid()));
        }
        return pids;
    }

    private static boolean contains(byte[] bytes, byte[] part) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(new String(part, StandardCharsets.ISO_8859_1));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return new byte[0]; // it has ended
        }
    }

    /** The last word of its command line: a role's name. */
    static String name(long pid) {
        String[] words = new String(read(Path.of("/proc/" + pid + "/cmdline")), StandardCharsets.UTF_8).split("\0", -1);
        return words.length < 2 ? "?" : words[words.length - 2];
    }

    private static Map<String, Integer> find(long pid, Needles needles) {
        Map<String, Integer> found = new TreeMap<>();
        try (var memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
                String[] words = line.split("\\s+", 6);
                if (words[1].startsWith("r")
                        && !words[1].equals("r--s") // a file as it is, such as the JDK's own modules
                        && !line.endsWith("[vvar]")
                        && !line.endsWith("[vsyscall]")) {
                    String[] ends = words[0].split("-", 2);
                    needles.in(new Mapping(
                                    memory, Long.parseUnsignedLong(ends[0], 16), Long.parseUnsignedLong(ends[1], 16)))
                            .forEach((name, count) -> found.merge(name, count, Integer::sum));
                }
            }
        } catch (IOException e) {
            return found; // it has ended
        }
        return found;
    }

    /** What lies between two addresses. */
    private static final class Mapping implements Needles.Source {
        private final RandomAccessFile memory;
        private final long to;
        private long at;

        Mapping(RandomAccessFile memory, long from, long to) {
            this.memory = memory;
            this.at = from;
            this.to = to;
        }

        @Override
        public int read(byte[] buffer, int place, int length) {
            if (at >= to) {
                return 0;
            }
            try {
                memory.seek(at);
                int read = memory.read(buffer, place, (int) Math.min(length, to - at));
                at += read;
                return read;
            } catch (IOException e) {
                return 0; // a part that is mapped, and cannot be read: of a file that is shorter, for one
            }
        }
    }
}
