package omni.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** SHA-256 of files, streamed. */
final class Sha256 {
    private static final int BLOCK_BYTES = 1 << 20;

    private Sha256() {}

    /** Returns the file's SHA-256 as 64 lower-case hexadecimal digits; reports the bytes done so far. */
    static String of(Path file, LongConsumer progress) throws IOException {
        return stream(file, ByteBuffer::remaining, progress);
    }

    /** Copies {@code from} to the new file {@code to}, forced to the disk, and returns the SHA-256 of what it wrote. */
    static String copy(Path from, Path to, LongConsumer progress) throws IOException {
        try (FileChannel out = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            String hash = stream(from, block -> writeFully(out, block), progress);
            out.force(true);
            return hash;
        }
    }

    private interface BlockSink {
        int accept(ByteBuffer block) throws IOException;
    }

    private static int writeFully(WritableByteChannel out, ByteBuffer block) throws IOException {
        int length = block.remaining();
        while (block.hasRemaining()) {
            out.write(block);
        }
        return length;
    }

    private static String stream(Path file, BlockSink sink, LongConsumer progress) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        long done = 0;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (in.read(block.clear()) >= 0) {
                block.flip();
                digest.update(block.duplicate());
                done += sink.accept(block);
                progress.accept(done);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
