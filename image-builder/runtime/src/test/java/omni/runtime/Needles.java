package omni.runtime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Texts and keys that are looked for, thousands of them in one pass. To be filled by one thread, and read by any afterwards. */
final class Needles {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int START_BYTES = 4;
    private static final int TABLE_BITS = 20;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Needle(String name, byte[] bytes) {}

    /** Where bytes come from: as many as fit behind that place of the buffer, 0 or less at the end. */
    interface Source {
        int read(byte[] buffer, int at, int length) throws IOException;
    }

    private final boolean[] begins = new boolean[1 << TABLE_BITS];
    private final Map<Integer, List<Needle>> byBeginning = new HashMap<>();
    private int longest = START_BYTES;

    /** A text as UTF-8 and as UTF-16, as Java holds strings. */
    static Needles of(String text) {
        return new Needles().text(text, text);
    }

    Needles text(String name, String text) {
        add(name, text.getBytes(StandardCharsets.UTF_8));
        add(name, text.getBytes(StandardCharsets.UTF_16LE));
        return this;
    }

    /** A key as its bytes, and as a text of them. */
    Needles key(String name, byte[] key) {
        add(name, key);
        text(name, HexFormat.of().formatHex(key));
        return text(name, HexFormat.of().withUpperCase().formatHex(key));
    }

    private void add(String name, byte[] bytes) {
        if (bytes.length < 2 * START_BYTES || bytes.length > BUFFER_BYTES / 2) {
            throw new IllegalArgumentException(name + " is too short or too long to be looked for");
        }
        int beginning = 0;
        for (int i = 0; i < START_BYTES; i++) {
            beginning = (beginning << Byte.SIZE) | (bytes[i] & 0xff);
        }
        begins[slot(beginning)] = true;
        byBeginning.computeIfAbsent(beginning, _ -> new ArrayList<>()).add(new Needle(name, bytes.clone()));
        longest = Math.max(longest, bytes.length);
    }

    private static int slot(int beginning) {
        return (beginning * 0x9E3779B1) >>> (Integer.SIZE - TABLE_BITS);
    }

    /** How often each is there; those that are not are not in there. */
    Map<String, Integer> in(Source source) throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        byte[] buffer = new byte[BUFFER_BYTES];
        int kept = 0;
        while (true) {
            int read = source.read(buffer, kept, buffer.length - kept);
            int length = kept + Math.max(read, 0);
            // what begins in the last bytes may not be there as a whole yet, and is looked at with those that follow
            int end = read <= 0 ? length : Math.max(0, length - longest + 1);
            count(buffer, end, length, found);
            if (read <= 0) {
                return found;
            }
            kept = length - end;
            System.arraycopy(buffer, end, buffer, 0, kept);
        }
    }

    private void count(byte[] buffer, int end, int length, Map<String, Integer> found) {
        int beginning = 0;
        int last = Math.min(length, end + START_BYTES - 1);
        for (int i = 0; i < last; i++) {
            beginning = (beginning << Byte.SIZE) | (buffer[i] & 0xff);
            if (begins[slot(beginning)] && i >= START_BYTES - 1) {
                count(buffer, i - START_BYTES + 1, length, byBeginning.getOrDefault(beginning, List.of()), found);
            }
        }
    }

    private static void count(byte[] buffer, int at, int length, List<Needle> needles, Map<String, Integer> found) {
        for (Needle needle : needles) {
            if (isAt(buffer, at, length, needle.bytes())) {
                found.merge(needle.name(), 1, Integer::sum);
            }
        }
    }

    private static boolean isAt(byte[] buffer, int at, int length, byte[] bytes) {
        if (at + bytes.length > length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (buffer[at + i] != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** What is in the files below those places that were changed since then: by file. */
    Map<Path, Map<String, Integer>> in(Collection<Path> places, Instant since) throws IOException {
        Map<Path, Map<String, Integer>> found = new TreeMap<>();
        for (Path place : places) {
            Files.walkFileTree(place, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (attributes.isRegularFile()
                            && !attributes.lastModifiedTime().toInstant().isBefore(since)) {
                        Map<String, Integer> inIt = in(file);
                        if (!inIt.isEmpty()) {
                            found.put(file, inIt);
                        }
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    if (isGone(e)) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw new UncheckedIOException(e);
                }

                @Override
                public FileVisitResult postVisitDirectory(
                        Path visited, java.io.@org.jspecify.annotations.Nullable IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        return found;
    }

    /** What is in that text. */
    Map<String, Integer> in(String text) throws IOException {
        return in((Source) new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))::read);
    }

    /** What is in that file, or device. */
    Map<String, Integer> in(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in((Source) in::read);
        } catch (IOException e) {
            if (isGone(e)) {
                return Map.of();
            }
            throw e;
        }
    }

    /** Files of others come and go in a shared folder; what is ours is there and readable. */
    private static boolean isGone(IOException e) {
        return e instanceof NoSuchFileException || e instanceof AccessDeniedException;
    }
}
