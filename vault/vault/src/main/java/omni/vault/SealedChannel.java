package omni.vault;

import com.google.crypto.tink.subtle.StreamSegmentDecrypter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.security.GeneralSecurityException;
import omni.vault.VaultException.Reason;

/**
 * The content of a sealed file, from any position, a segment at a time: what is read is authentic, and what cannot be read is
 * named and hinders nothing else. For one thread at a time.
 *
 * <p>Tink has such a channel over the same segments. It does not verify an empty content, answers 0 for ever behind the end,
 * and loses what it read before a damaged segment.
 */
final class SealedChannel implements SeekableByteChannel {
    private final FileChannel channel;
    private final SealedCipher cipher;
    private final SealedFile file;
    private final long fileBytes;
    private final StreamSegmentDecrypter decrypter;
    private final ByteBuffer sealed;
    private final ByteBuffer content;
    private int loaded = -1;
    private long position;

    /**
     * Over the file behind its head, which was found to be authentic.
     *
     * @throws VaultException DAMAGED where the file is shorter or longer than it was written
     */
    SealedChannel(FileChannel channel, SealedCipher cipher, SealedHead head) throws IOException {
        this.channel = channel;
        this.cipher = cipher;
        this.file = head.file();
        this.fileBytes = cipher.fileBytes(file.bytes());
        long more = channel.size() - fileBytes;
        if (more != 0) {
            String what = more > 0 ? more + " bytes longer" : -more + " bytes shorter";
            throw new VaultException(Reason.DAMAGED, "The file " + file.id() + " is " + what + " than it was written.");
        }
        ByteBuffer header = fill(channel, ByteBuffer.allocate(cipher.headerBytes()), SealedHead.BYTES);
        try {
            this.decrypter = cipher.opening(header, head);
        } catch (GeneralSecurityException e) {
            throw damaged(0, e);
        }
        int bufferBytes = (int) Math.min(fileBytes, SealedCipher.SEGMENT_BYTES);
        this.sealed = ByteBuffer.allocate(bufferBytes);
        this.content = ByteBuffer.allocate(bufferBytes);
    }

    SealedFile file() {
        return file;
    }

    /**
     * Reads to the end of a segment at most.
     *
     * @throws VaultException DAMAGED where the bytes at the position are not those that were written
     */
    @Override
    public int read(ByteBuffer into) throws IOException {
        requireOpen();
        if (position >= file.bytes()) {
            return -1;
        }
        int segment = cipher.segment(position);
        load(segment);
        ByteBuffer slice = content.duplicate().position((int) (position - cipher.start(segment)));
        slice.limit(slice.position() + Math.min(slice.remaining(), into.remaining()));
        int count = slice.remaining();
        into.put(slice);
        position += count;
        return count;
    }

    /**
     * Reads everything.
     *
     * @throws VaultException DAMAGED, and where first
     */
    void check(Runnable step) throws IOException {
        requireOpen();
        for (int segment = 0; cipher.place(segment) < fileBytes; segment++) {
            load(segment);
            step.run();
        }
    }

    private void load(int segment) throws IOException {
        if (segment == loaded) {
            return;
        }
        loaded = -1;
        long end = Math.min((segment + 1L) * SealedCipher.SEGMENT_BYTES, fileBytes);
        sealed.clear().limit((int) (end - cipher.place(segment)));
        content.clear();
        try {
            decrypter.decryptSegment(fill(channel, sealed, cipher.place(segment)), segment, end == fileBytes, content);
        } catch (GeneralSecurityException e) {
            throw damaged(segment, e);
        }
        content.flip();
        loaded = segment;
    }

    private VaultException damaged(int segment, GeneralSecurityException e) {
        long end = Math.min(cipher.start(segment + 1), file.bytes());
        return new VaultException(
                Reason.DAMAGED,
                "The file " + file.id() + " is damaged somewhere from byte " + cipher.start(segment) + " to byte " + end
                        + " of its content. The rest can be read.",
                e);
    }

    /** Those bytes of the file, all of them. */
    static ByteBuffer fill(FileChannel channel, ByteBuffer into, long from) throws IOException {
        long next = from;
        while (into.hasRemaining()) {
            int count = channel.read(into, next);
            if (count < 0) {
                throw new VaultException(Reason.DAMAGED, "A sealed file ends at byte " + next + " in the middle.");
            }
            next += count;
        }
        return into.flip();
    }

    private void requireOpen() throws ClosedChannelException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public long position() throws IOException {
        requireOpen();
        return position;
    }

    @Override
    public SealedChannel position(long newPosition) throws IOException {
        requireOpen();
        if (newPosition < 0) {
            throw new IllegalArgumentException("A position is not negative");
        }
        position = newPosition;
        return this;
    }

    @Override
    public long size() {
        return file.bytes();
    }

    @Override
    public int write(ByteBuffer from) {
        throw new NonWritableChannelException();
    }

    @Override
    public SealedChannel truncate(long size) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
