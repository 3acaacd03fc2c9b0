package omni.runtime;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Looks for a text in the memory of a product's processes from outside: all that is mapped and can be read, by
 * {@code /proc/PID/maps} and {@code mem} (proc(5)). Takes root, for the roles let nobody else look. Finds it as UTF-8 and as
 * UTF-16, as Java holds strings.
 */
final class MemoryScan {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path home;

    MemoryScan(Path home) {
        this.home = home;
    }

    /** How often each process has it; those that do not are not in there. */
    Map<String, Integer> find(String text) {
        Map<String, Integer> found = new TreeMap<>();
        for (long pid : processes()) {
            int count = count(pid, text);
            if (count > 0) {
                found.put(pid + " " + name(pid), count);
            }
        }
        return found;
    }

    /** Every process with this OMNI_HOME. */
    List<Long> processes() {
        byte[] mark = ("OMNI_HOME=" + home + "\0").getBytes(StandardCharsets.UTF_8);
        List<Long> pids = new ArrayList<>();
        try (Stream<Path> proc = Files.list(Path.of("/proc"))) {
            proc.filter(path -> path.getFileName().toString().matches("\\d+")).forEach(path -> {
                if (count(read(path.resolve("environ")), mark) > 0) {
                    pids.add(Long.parseLong(path.getFileName().toString()));
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pids;
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return new byte[0]; // it has ended
        }
    }

    private static String name(long pid) {
        String[] words = new String(read(Path.of("/proc/" + pid + "/cmdline")), StandardCharsets.UTF_8).split("\0", -1);
        return words.length < 2 ? "?" : words[words.length - 2];
    }

    private static int count(long pid, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        byte[] utf16 = text.getBytes(StandardCharsets.UTF_16LE);
        int count = 0;
        try (var memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
                String[] words = line.split("\\s+", 6);
                if (words[1].startsWith("r") && !line.endsWith("[vvar]") && !line.endsWith("[vsyscall]")) {
                    String[] ends = words[0].split("-", 2);
                    count += count(
                            memory,
                            Long.parseUnsignedLong(ends[0], 16),
                            Long.parseUnsignedLong(ends[1], 16),
                            utf8,
                            utf16);
                }
            }
        } catch (IOException e) {
            return count; // it has ended
        }
        return count;
    }

    private static int count(RandomAccessFile memory, long from, long to, byte[]... texts) {
        byte[] buffer = new byte[BUFFER_BYTES];
        int longest = Stream.of(texts).mapToInt(text -> text.length).max().orElseThrow();
        int count = 0;
        int kept = 0;
        for (long at = from; at < to; ) {
            int read;
            try {
                memory.seek(at);
                read = memory.read(buffer, kept, (int) Math.min(buffer.length - kept, to - at));
            } catch (IOException e) {
                return count; // a part that is mapped, and cannot be read: of a file that is shorter, for one
            }
            if (read <= 0) {
                return count;
            }
            int length = kept + read;
            for (byte[] text : texts) {
                // what lies in the kept part as a whole was counted before
                count += count(buffer, Math.max(0, kept - text.length + 1), length, text);
            }
            at += read;
            kept = Math.min(longest - 1, length);
            System.arraycopy(buffer, length - kept, buffer, 0, kept);
        }
        return count;
    }

    private static int count(byte[] bytes, byte[] text) {
        return count(bytes, 0, bytes.length, text);
    }

    private static int count(byte[] bytes, int from, int to, byte[] text) {
        int count = 0;
        for (int i = from; i <= to - text.length; i++) {
            if (bytes[i] == text[0] && startsWith(bytes, i, text)) {
                count++;
            }
        }
        return count;
    }

    private static boolean startsWith(byte[] bytes, int at, byte[] text) {
        for (int i = 1; i < text.length; i++) {
            if (bytes[at + i] != text[i]) {
                return false;
            }
        }
        return true;
    }
}
