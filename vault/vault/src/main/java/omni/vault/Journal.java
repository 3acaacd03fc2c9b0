package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The write-ahead log beside the database (sqlite.org/fileformat2.html, section 4), big-endian:
 *
 * <pre>
 *   header:  magic 0x377f0682|3  version  page size  sequence  salt (8)  checksum (8)
 *   frame:   page number  pages after a commit, or 0  salt (8)  checksum (8)  page (4096)
 * </pre>
 *
 * <p>SQLite stops at the first frame that does not hold, without a word. This reader tells why it stopped: at frames of an
 * earlier round, which have another salt and a checksum that does not go on from the one before, or at a damaged one.
 */
final class Journal {
    private static final int HEADER_BYTES = 32;
    private static final int FRAME_HEADER_BYTES = 24;
    private static final int MAGIC = 0x377f0682;

    /**
     * A page as a frame has it.
     *
     * @param pagesAfter how many pages the database has after the change that ends with this frame; 0 where the change goes on
     */
    record Frame(long number, long page, long pagesAfter, Bytes bytes) {}

    /** What is done with a frame. */
    interface Taker {
        void take(Frame frame) throws VaultException;
    }

    private final Path file;
    private final Taker frames;
    private final Consumer<String> problems;
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    private long salt;
    private int first;
    private int second;

    private Journal(Path file, Taker frames, Consumer<String> problems) {
        this.file = file;
        this.frames = frames;
        this.problems = problems;
    }

    /** Gives each frame that SQLite would go by, and tells what is damaged, in sentences. */
    static void read(Path file, Taker frames, Consumer<String> problems) throws VaultException {
        new Journal(file, frames, problems).read();
    }

    private void read() throws VaultException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] header = in.readNBytes(HEADER_BYTES);
            if (header.length == 0) {
                return;
            }
            if (!begins(header)) {
                problems.accept("The journal's beginning is damaged: its changes are lost.");
                return;
            }
            readFrames(in);
        } catch (NoSuchFileException e) {
            // All changes are in the database.
        } catch (VaultException e) {
            throw e; // of who takes the frames
        } catch (IOException e) {
            throw new VaultException(VaultException.Reason.FAILED, "The journal cannot be read.", e);
        }
    }

    private boolean begins(byte[] header) {
        if (header.length < HEADER_BYTES) {
            return false;
        }
        ByteBuffer fields = ByteBuffer.wrap(header);
        int magic = fields.getInt(0);
        order = (magic & 1) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        salt = fields.getLong(16);
        sum(header, 0, 24);
        return (magic & ~1) == MAGIC
                && fields.getInt(8) == CipherPages.PAGE_BYTES
                && first == fields.getInt(24)
                && second == fields.getInt(28);
    }

    private void readFrames(InputStream in) throws IOException {
        for (long number = 1; ; number++) {
            byte[] frame = in.readNBytes(FRAME_HEADER_BYTES + CipherPages.PAGE_BYTES);
            if (frame.length < FRAME_HEADER_BYTES) {
                if (frame.length > 0) {
                    problems.accept(cut(number));
                }
                return;
            }
            if (frame.length < FRAME_HEADER_BYTES + CipherPages.PAGE_BYTES) {
                problems.accept(cut(number));
                return;
            }
            if (!take(number, frame)) {
                return;
            }
        }
    }

    private boolean take(long number, byte[] frame) throws VaultException {
        ByteBuffer fields = ByteBuffer.wrap(frame);
        long place = Integer.toUnsignedLong(fields.getInt(0));
        sum(frame, 0, 8);
        sum(frame, FRAME_HEADER_BYTES, CipherPages.PAGE_BYTES);
        boolean ours = fields.getLong(8) == salt;
        boolean follows = first == fields.getInt(16) && second == fields.getInt(20);
        if (!ours || !follows || place == 0) {
            if (ours || follows) {
                problems.accept(cut(number));
            }
            return false;
        }
        byte[] page = new byte[CipherPages.PAGE_BYTES];
        fields.get(FRAME_HEADER_BYTES, page);
        frames.take(new Frame(number, place, Integer.toUnsignedLong(fields.getInt(4)), new Bytes(page)));
        return true;
    }

    private static String cut(long number) {
        return "The journal ends at frame " + number
                + ", which is not whole. Right after a power cut this is a change that nobody was told of; else it is damage.";
    }

    /** SQLite's checksum: two sums that take in words of 32 bits by turns. */
    private void sum(byte[] bytes, int from, int count) {
        ByteBuffer words = ByteBuffer.wrap(bytes, from, count).order(order);
        while (words.hasRemaining()) {
            first += words.getInt() + second;
            second += words.getInt() + first;
        }
    }
}
