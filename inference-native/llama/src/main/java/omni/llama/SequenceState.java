package omni.llama;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Set;
import omni.llama.raw.Llama;

/**
 * What the KV cache holds of one sequence, outside the cache: as private as the text it was computed from.
 *
 * <p>Kept off the heap, so that no heap dump has it, and overwritten on closing. One thread at a time. In a file or a stream
 * it stands behind a header of our own, because llama.cpp trusts what it is given ({@link StateHeader}). The header's
 * SHA-256 finds damage, not forgery: what others can write must be encrypted and authenticated around it.
 */
public final class SequenceState implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment data;
    private final StateHeader.Shape shape;
    private boolean closed;

    private SequenceState(long sizeBytes, StateHeader.Shape shape) {
        this.data = arena.allocate(sizeBytes, 8);
        this.shape = shape;
    }

    static SequenceState of(Context context, int sequence) {
        var pointer = context.pointer();
        var shape = StateHeader.Shape.of(context, sequence);
        var state = new SequenceState(Llama.llama_state_seq_get_size(pointer, sequence), shape);
        var written = Llama.llama_state_seq_get_data(pointer, state.data, state.data.byteSize(), sequence);
        if (written != state.data.byteSize()) {
            state.close();
            throw new LlamaException("the state of the sequence cannot be saved", "", "Compute the prompt again.");
        }
        return state;
    }

    /** Whether llama.cpp took it; false, too, where it is of another kind of context and was not offered. */
    boolean into(Context context, int sequence) {
        check();
        return shape.fits(context)
                && Llama.llama_state_seq_set_data(context.pointer(), data, data.byteSize(), sequence) != 0;
    }

    private void check() {
        if (closed) {
            throw new LlamaException("used after close", "sequence state", "Save it again.");
        }
    }

    /** How much memory it takes, in bytes. */
    public long sizeBytes() {
        return data.byteSize();
    }

    /** The last position of the sequence when it was saved; -1 when it was empty. */
    public int positionMax() {
        return shape.positionMax();
    }

    /**
     * Writes it, header first.
     *
     * @param out where; stays open
     * @param modelSha256 SHA-256 of the model's file, 32 bytes; asked for again when it is read
     */
    public void writeTo(WritableByteChannel out, byte[] modelSha256) {
        check();
        try {
            var header = new StateHeader(shape, data.byteSize()).encode(modelSha256);
            var digest = sha256();
            digest.update(header.duplicate());
            for (var at = 0L; at < data.byteSize(); at += CHUNK_BYTES) {
                digest.update(chunk(at));
            }
            for (var part : new ByteBuffer[] {header, ByteBuffer.wrap(digest.digest())}) {
                while (part.hasRemaining()) {
                    out.write(part);
                }
            }
            for (var at = 0L; at < data.byteSize(); at += CHUNK_BYTES) {
                var chunk = chunk(at);
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes it to a new file that only its owner may read; whole or not at all.
     *
     * @param file where; must not be there yet
     * @param modelSha256 as for {@link #writeTo(WritableByteChannel, byte[])}
     */
    public void writeTo(Path file, byte[] modelSha256) {
        try {
            var created = false;
            try (var out = create(file)) {
                created = true;
                writeTo(out, modelSha256);
                out.force(true);
            } catch (IOException | RuntimeException e) {
                if (created) {
                    Files.deleteIfExists(file);
                }
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileChannel create(Path file) throws IOException {
        var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? FileChannel.open(
                        file,
                        options,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : FileChannel.open(file, options);
    }

    /**
     * Reads what {@link #writeTo} wrote, up to the end of the channel. Nothing of it has reached llama.cpp afterwards.
     *
     * @param in where from; stays open
     * @param modelSha256 SHA-256 of the model it must be of
     * @param bytesMax a bigger one is refused before memory is allocated for it
     * @throws LlamaException if it is damaged, cut, too long, too big, of another release or of another model
     */
    public static SequenceState readFrom(ReadableByteChannel in, byte[] modelSha256, long bytesMax) {
        try {
            var header = ByteBuffer.allocate(StateHeader.BYTES);
            var expected = ByteBuffer.allocate(StateHeader.DIGEST_BYTES);
            read(in, header);
            read(in, expected);
            header.flip();
            var found = StateHeader.decode(header.duplicate(), modelSha256, bytesMax);
            var state = new SequenceState(found.payloadBytes(), found.shape());
            try {
                var digest = sha256();
                digest.update(header);
                for (var at = 0L; at < found.payloadBytes(); at += CHUNK_BYTES) {
                    var chunk = state.chunk(at);
                    read(in, chunk);
                    digest.update(chunk.flip());
                }
                if (in.read(ByteBuffer.allocate(1)) > 0 || !Arrays.equals(digest.digest(), expected.array())) {
                    throw StateHeader.damaged();
                }
                return state;
            } catch (IOException | RuntimeException e) {
                state.close();
                throw e;
            }
        } catch (EOFException e) {
            throw StateHeader.damaged();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Like {@link #readFrom(ReadableByteChannel, byte[], long)}, of a whole file. */
    public static SequenceState readFrom(Path file, byte[] modelSha256, long bytesMax) {
        try (var in = Files.newByteChannel(file, Set.of(StandardOpenOption.READ))) {
            return readFrom(in, modelSha256, bytesMax);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ByteBuffer chunk(long at) {
        return data.asSlice(at, Math.min(CHUNK_BYTES, data.byteSize() - at)).asByteBuffer();
    }

    private static void read(ReadableByteChannel in, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (in.read(into) < 0) {
                throw new EOFException();
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Overwrites and frees it; once, however often it is called. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        data.fill((byte) 0);
        arena.close();
    }
}
