package omni.llama;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Reads a gzipped POSIX tar file as npm makes it: regular files and folders only.
 *
 * <p>Links, devices and extended headers are refused, and so is every name that could leave the folder it is unpacked to.
 * Format: POSIX.1-1988 ustar, 512-byte blocks.
 *
 * <pre>
 * offset  0    100   108  116  124   136    148     156   157       257      345     500
 *         name mode  uid  gid  size  mtime  chksum  type  linkname  "ustar"  prefix  end
 * </pre>
 */
final class Tar {
    private static final int BLOCK = 512;
    private static final int NAME_AT = 0;
    private static final int NAME_LENGTH = 100;
    private static final int SIZE_AT = 124;
    private static final int SIZE_LENGTH = 12;
    private static final int CHECKSUM_AT = 148;
    private static final int CHECKSUM_LENGTH = 8;
    private static final int TYPE_AT = 156;
    private static final int PREFIX_AT = 345;
    private static final int PREFIX_LENGTH = 155;

    private Tar() {}

    /** What happens with each file. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Takes one file; what it leaves unread is skipped.
         *
         * @param name its path, checked: relative, no {@code .} or {@code ..}
         * @param content its bytes, and no more than those
         */
        void file(List<String> name, InputStream content) throws IOException;
    }

    /**
     * Visits the files in their order.
     *
     * @param gzipped the archive
     * @param entriesMax most entries
     * @param bytesMax most bytes of all files together
     * @throws LlamaException if it is none, damaged, over a bound, or has an entry that is refused
     */
    static void read(InputStream gzipped, int entriesMax, long bytesMax, Visitor visitor) throws IOException {
        var in = new BufferedInputStream(new GZIPInputStream(gzipped), 1 << 16);
        var left = bytesMax;
        for (var entries = 0; ; entries++) {
            var header = in.readNBytes(BLOCK);
            if (header.length == 0 || (header.length == BLOCK && isZero(header))) {
                return;
            }
            if (header.length < BLOCK) {
                throw new EOFException("tar header cut short");
            }
            checkSum(header);
            if (entries == entriesMax) {
                throw refused("too many entries", String.valueOf(entriesMax));
            }
            var name = name(header);
            var size = octal(header, SIZE_AT, SIZE_LENGTH);
            if (size > left) {
                throw refused("too many bytes", String.valueOf(bytesMax));
            }
            left -= size;
            var type = (char) header[TYPE_AT];
            switch (type) {
                case '0', '\0' -> {
                    var content = new Bounded(in, size);
                    visitor.file(name, content);
                    content.skipNBytes(content.left);
                }
                case '5' -> in.skipNBytes(size);
                default -> throw refused("neither file nor folder", "type '" + type + "' at " + name);
            }
            in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
        }
    }

    private static boolean isZero(byte[] block) {
        for (var b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    // The sum of the header's bytes with the sum itself taken as spaces.
    private static void checkSum(byte[] header) {
        var sum = 0L;
        for (var i = 0; i < BLOCK; i++) {
            var inside = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH;
            sum += inside ? ' ' : header[i] & 0xff;
        }
        if (sum != octal(header, CHECKSUM_AT, CHECKSUM_LENGTH)) {
            throw refused("damaged header", "its checksum is wrong");
        }
    }

    private static List<String> name(byte[] header) {
        var prefix = text(header, PREFIX_AT, PREFIX_LENGTH);
        var name = (prefix.isEmpty() ? "" : prefix + "/") + text(header, NAME_AT, NAME_LENGTH);
        var segments = List.of((name.endsWith("/") ? name.substring(0, name.length() - 1) : name).split("/", -1));
        for (var segment : segments) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || segment.contains("\\")) {
                throw refused("a name that leaves its folder", name);
            }
        }
        return segments;
    }

    private static String text(byte[] header, int at, int length) {
        var end = at;
        while (end < at + length && header[end] != 0) {
            end++;
        }
        return new String(header, at, end - at, StandardCharsets.UTF_8);
    }

    private static long octal(byte[] header, int at, int length) {
        var text = text(header, at, length).strip();
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '7')) {
            throw refused("damaged header", "a number is none");
        }
        return Long.parseLong(text, 8);
    }

    private static LlamaException refused(String problem, String detail) {
        return new LlamaException("archive refused", problem + ": " + detail, "Delete it and fetch it again.");
    }

    /** The first {@code left} bytes of a stream. */
    private static final class Bounded extends InputStream {
        private final InputStream in;
        private long left;

        Bounded(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            var n = in.read(buffer, offset, (int) Math.min(length, left));
            if (n < 0) {
                throw new EOFException("tar file cut short");
            }
            left -= n;
            return n;
        }
    }
}
