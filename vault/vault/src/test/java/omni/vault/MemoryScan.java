package omni.vault;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Looks for bytes in the whole memory of another process, from outside (proc_pid_mem(5)). */
final class MemoryScan {
    private static final int CHUNK_BYTES = 4 << 20;
    private static final int PREFIX_BYTES = 4;

    private MemoryScan() {}

    /**
     * How often each needle is there.
     *
     * @param needles by name, each of at least four bytes and far less than a chunk
     */
    static Map<String, Integer> of(long pid, Map<String, byte[]> needles) throws IOException {
        Map<String, Integer> found = new LinkedHashMap<>();
        needles.keySet().forEach(name -> found.put(name, 0));
        int overlap = needles.values().stream().mapToInt(n -> n.length).max().orElseThrow() - 1;
        Path proc = Path.of("/proc", Long.toString(pid));
        try (RandomAccessFile memory = new RandomAccessFile(proc.resolve("mem").toString(), "r")) {
            for (String line : Files.readAllLines(proc.resolve("maps"), StandardCharsets.ISO_8859_1)) {
                String[] parts = line.split("[- ]", 4);
                if (parts[2].startsWith("r") && !line.contains("[v")) { // what the kernel shares cannot be read
                    scan(
                            memory.getChannel(),
                            Long.parseUnsignedLong(parts[0], 16),
                            Long.parseUnsignedLong(parts[1], 16),
                            overlap,
                            needles,
                            found);
                }
            }
        }
        return found;
    }

    private static void scan(
            FileChannel memory,
            long start,
            long end,
            int overlap,
            Map<String, byte[]> needles,
            Map<String, Integer> found)
            throws IOException {
        for (long at = start; at < end; at += CHUNK_BYTES) {
            ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES + overlap, end - at));
            while (chunk.hasRemaining() && memory.read(chunk, at + chunk.position()) > 0) {}
            count(chunk.flip(), CHUNK_BYTES, needles, found);
        }
    }

    /** Needles that begin before the limit: those behind it begin in the next chunk. */
    private static void count(ByteBuffer chunk, int limit, Map<String, byte[]> needles, Map<String, Integer> found) {
        needles.forEach((name, needle) -> {
            int prefix = ByteBuffer.wrap(needle).getInt();
            int last = Math.min(limit - 1, chunk.limit() - needle.length);
            for (int i = 0; i <= last; i++) {
                if (chunk.getInt(i) == prefix && isAt(chunk, i, needle)) {
                    found.merge(name, 1, Integer::sum);
                }
            }
        });
    }

    private static boolean isAt(ByteBuffer chunk, int at, byte[] needle) {
        for (int i = PREFIX_BYTES; i < needle.length; i++) {
            if (chunk.get(at + i) != needle[i]) {
                return false;
            }
        }
        return true;
    }
}
