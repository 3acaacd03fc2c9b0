package omni.runtime;

import java.io.IOException;
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
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Words that must not be found in any file, and the search for them. */
record Canary(String words, Instant since) {
    private static final int CHUNK = 1 << 20;

    /** Words that nobody has written before; files from now on are searched. */
    static Canary make() {
        var bytes = new byte[12];
        ThreadLocalRandom.current().nextBytes(bytes);
        return new Canary(
                "canary" + HexFormat.of().formatHex(bytes), Instant.now().minusSeconds(2));
    }

    /** The regular files below a folder, changed since this canary was made, that hold its words. */
    List<Path> in(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()
                        && attributes.lastModifiedTime().toInstant().isAfter(since)
                        && holds(file)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // Files of others come and go in a shared folder; what is ours is there and readable.
                if (e instanceof NoSuchFileException || e instanceof AccessDeniedException) {
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
        return found;
    }

    private boolean holds(Path file) throws IOException {
        var keep = words.length() - 1;
        var window = "";
        try (var in = Files.newInputStream(file)) {
            for (var chunk = in.readNBytes(CHUNK); chunk.length > 0; chunk = in.readNBytes(CHUNK)) {
                window += new String(chunk, StandardCharsets.ISO_8859_1);
                if (window.contains(words)) {
                    return true;
                }
                window = window.substring(Math.max(0, window.length() - keep));
            }
            return false;
        } catch (NoSuchFileException | AccessDeniedException e) {
            return false;
        }
    }
}
