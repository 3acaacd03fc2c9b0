package omni.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** SHA-256 (FIPS 180-4) in lower-case hexadecimal. */
final class Hash {
    private static final int BLOCK_BYTES = 1 << 20;

    private Hash() {}

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /** Of a file; progress is told the bytes done so far and may end the work by throwing. */
    static String of(Path file, LongConsumer progress) throws IOException {
        MessageDigest digest = digest();
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        long done = 0;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (in.read(block.clear()) >= 0) {
                digest.update(block.flip());
                done += block.limit();
                progress.accept(done);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
