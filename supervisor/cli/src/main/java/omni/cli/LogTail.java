package omni.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the whole lines that a log file gains, across its rotation: when another file stands under the name, the rest of
 * the old one is read first. Used by one thread.
 */
final class LogTail implements AutoCloseable {
    /** A line that is longer is cut here: no role writes such a one. */
    static final int LINE_BYTES_MAX = 64 * 1024;

    private static final int CHUNK_BYTES = 64 * 1024;

    private final Path file;
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private @Nullable FileChannel channel;
    private @Nullable Object identity;

    LogTail(Path file) {
        this.file = file;
    }

    /** The lines since the last call, at the first call those of the last {@code bytesMax} bytes. */
    List<String> read(long bytesMax) throws IOException {
        List<String> lines = new ArrayList<>();
        var open = channel;
        if (open == null) {
            open = open();
            if (open == null) {
                return lines;
            }
            older(bytesMax - open.size(), lines);
            skipTo(open, open.size() - bytesMax);
        }
        drain(open, lines);
        if (isReplaced(open)) {
            open.close();
            partial.reset();
            open = open();
            if (open != null) {
                drain(open, lines);
            }
        }
        return lines;
    }

    /** The end of the file that made way for this one, where this one alone is too short. */
    private void older(long bytesMax, List<String> lines) throws IOException {
        var before = file.resolveSibling(file.toFile().getName() + ".1");
        if (bytesMax > 0 && Files.exists(before)) {
            try (var old = FileChannel.open(before, StandardOpenOption.READ)) {
                skipTo(old, old.size() - bytesMax);
                drain(old, lines);
            }
        }
    }

    private @Nullable FileChannel open() throws IOException {
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
            identity = identity();
        } catch (NoSuchFileException e) {
            channel = null;
        }
        return channel;
    }

    private @Nullable Object identity() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /** Whether the name stands for another file now, or the file was cut. */
    private boolean isReplaced(FileChannel open) throws IOException {
        try {
            return !Objects.equals(identity(), identity) || open.size() < open.position();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Begins at the first whole line after a position. */
    private static void skipTo(FileChannel open, long position) throws IOException {
        if (position <= 0) {
            return;
        }
        open.position(position);
        var one = ByteBuffer.allocate(1);
        boolean inside = true;
        while (inside) {
            inside = open.read(one.clear()) == 1 && one.get(0) != '\n';
        }
    }

    private void drain(FileChannel open, List<String> lines) throws IOException {
        var chunk = ByteBuffer.allocate(CHUNK_BYTES);
        while (open.read(chunk.clear()) > 0) {
            chunk.flip();
            while (chunk.hasRemaining()) {
                var b = chunk.get();
                if (b == '\n') {
                    lines.add(partial.toString(StandardCharsets.UTF_8));
                    partial.reset();
                } else if (partial.size() < LINE_BYTES_MAX) {
                    partial.write(b);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
