package omni.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How much of each part of a file is on the disk, kept beside the file so that it survives a kill and a power cut.
 *
 * <pre>
 *  0      8  "OMNIPRT1"
 *  8      8  length of the whole file, bytes (big-endian, as all numbers here)
 * 16      8  length of a part, bytes; the last part is shorter
 * 24     32  SHA-256 of what the file is ({@code Plan.Item.identity}, UTF-8)
 * 56  8 × n  bytes of each part that are on the disk, from the part's beginning
 * </pre>
 *
 * <p>A number is written after the bytes it counts have been forced to the disk, and is forced itself. A journal of
 * another file, or one that is not whole, counts as none.
 *
 * <p>Thread-safe, where each part is advanced by one thread.
 */
final class Journal implements AutoCloseable {
    /** Most parts of one file: the journal stays below 512 KiB. */
    static final int PARTS_MAX = 65_536;

    private static final byte[] MAGIC = "OMNIPRT1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD_BYTES = 56;

    private final FileChannel data;
    private final FileChannel journal;
    private final long bytes;
    private final long partBytes;
    private final AtomicLongArray done;

    private Journal(FileChannel data, FileChannel journal, long bytes, long partBytes, AtomicLongArray done) {
        this.data = data;
        this.journal = journal;
        this.bytes = bytes;
        this.partBytes = partBytes;
        this.done = done;
    }

    /** How long the parts of such a file are: as wished, or longer where there would be too many. */
    static long partBytes(long bytes, long wished) {
        long part = wished;
        while ((bytes + part - 1) / part > PARTS_MAX) {
            part *= 2;
        }
        return part;
    }

    /**
     * Opens what an earlier run left, or begins anew.
     *
     * @param resume whether bytes of an earlier run may be kept
     */
    static Journal open(
            Path dataFile, Path journalFile, long bytes, long wishedPartBytes, String identity, boolean resume)
            throws IOException {
        long partBytes = partBytes(bytes, wishedPartBytes);
        int parts = (int) ((bytes + partBytes - 1) / partBytes);
        byte[] head = ByteBuffer.allocate(HEAD_BYTES)
                .put(MAGIC)
                .putLong(bytes)
                .putLong(partBytes)
                .put(sha256(identity))
                .array();
        AtomicLongArray done = new AtomicLongArray(parts);
        boolean known = resume && Files.isRegularFile(dataFile) && read(journalFile, head, done, bytes, partBytes);
        if (!known) {
            Files.deleteIfExists(journalFile);
            Files.deleteIfExists(dataFile);
        }
        FileChannel data = FileChannel.open(dataFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileChannel journal = FileChannel.open(journalFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        Journal opened = new Journal(data, journal, bytes, partBytes, known ? done : new AtomicLongArray(parts));
        if (!known) {
            opened.write(ByteBuffer.wrap(head), 0);
            opened.write(ByteBuffer.allocate(8 * parts), HEAD_BYTES);
            journal.force(true);
        }
        return opened;
    }

    private static boolean read(Path file, byte[] head, AtomicLongArray done, long bytes, long partBytes)
            throws IOException {
        int length = HEAD_BYTES + 8 * done.length();
        if (!Files.isRegularFile(file) || Files.size(file) != length) {
            return false;
        }
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
        byte[] itsHead = new byte[HEAD_BYTES];
        all.get(itsHead);
        if (!Arrays.equals(head, itsHead)) {
            return false;
        }
        for (int part = 0; part < done.length(); part++) {
            long count = all.getLong();
            if (count < 0 || count > Math.min(partBytes, bytes - part * partBytes)) {
                return false;
            }
            done.set(part, count);
        }
        return true;
    }

    /** The bytes that a journal counts; 0 where there is none. */
    static long peek(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > HEAD_BYTES + 8L * PARTS_MAX) {
            return 0;
        }
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
        long sum = 0;
        for (int at = HEAD_BYTES; at + 8 <= all.capacity(); at += 8) {
            sum += Math.max(0, all.getLong(at));
        }
        return sum;
    }

    int parts() {
        return done.length();
    }

    /** Where the part begins in the file. */
    long start(int part) {
        return part * partBytes;
    }

    long length(int part) {
        return Math.min(partBytes, bytes - start(part));
    }

    /** Bytes of the part that have been written. */
    long done(int part) {
        return done.get(part);
    }

    boolean isWhole(int part) {
        return done(part) == length(part);
    }

    /** Bytes of the file that have been written. */
    long done() {
        long sum = 0;
        for (int part = 0; part < done.length(); part++) {
            sum += done.get(part);
        }
        return sum;
    }

    boolean isWhole() {
        return done() == bytes;
    }

    /** Writes the next bytes of a part. */
    void append(int part, ByteBuffer block) throws IOException {
        int length = block.remaining();
        long at = start(part) + done.get(part);
        while (block.hasRemaining()) {
            at += data.write(block, at);
        }
        done.addAndGet(part, length);
    }

    /** Makes what the part has so far last. */
    void checkpoint(int part) throws IOException {
        long count = done.get(part);
        data.force(false);
        write(ByteBuffer.allocate(8).putLong(0, count), HEAD_BYTES + 8L * part);
        journal.force(false);
    }

    /** Forgets every byte, to begin anew. */
    void reset() throws IOException {
        for (int part = 0; part < done.length(); part++) {
            done.set(part, 0);
        }
        write(ByteBuffer.allocate(8 * done.length()), HEAD_BYTES);
        journal.force(true);
    }

    private void write(ByteBuffer bytesToWrite, long from) throws IOException {
        long at = from;
        while (bytesToWrite.hasRemaining()) {
            at += journal.write(bytesToWrite, at);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }

    @Override
    public void close() throws IOException {
        try (data) {
            journal.close();
        }
    }
}
