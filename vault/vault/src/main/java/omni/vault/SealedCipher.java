package omni.vault;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import com.google.crypto.tink.subtle.Hkdf;
import com.google.crypto.tink.subtle.StreamSegmentDecrypter;
import com.google.crypto.tink.subtle.XChaCha20Poly1305;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import omni.vault.VaultException.Reason;

/**
 * Seals and opens files under one version of a data key: the label by XChaCha20-Poly1305 under a key derived from it, the
 * content by Tink's AES256-GCM-HKDF streaming (https://developers.google.com/tink/wire-format, "AES-GCM-HKDF"), in segments
 * that end at each MiB of the file. Tink takes keys on the heap only: they are there until the process ends. For any thread.
 */
final class SealedCipher {
    static final int SEGMENT_BYTES = 1 << 20;

    private static final int TAG_BYTES = 16;
    private static final int KEY_BYTES = 32;
    private static final byte[] LABEL_KEY = "omni vault label".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BOUND = "omni vault file".getBytes(StandardCharsets.US_ASCII);

    private final byte[] vault;
    private final Aead labels;
    private final AesGcmHkdfStreaming contents;

    SealedCipher(DataKeys keys, Purpose purpose, int version, String vault) throws VaultException {
        byte[] key = keys.key(purpose, version).toArray(ValueLayout.JAVA_BYTE);
        try {
            byte[] labelKey = Hkdf.computeHkdf("HMACSHA256", key, new byte[0], LABEL_KEY, KEY_BYTES);
            this.vault = vault.getBytes(StandardCharsets.UTF_8);
            this.labels = new XChaCha20Poly1305(labelKey);
            this.contents = new AesGcmHkdfStreaming(key, "HmacSha256", KEY_BYTES, SEGMENT_BYTES, SealedHead.BYTES);
            Arrays.fill(labelKey, (byte) 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Tink has not the ciphers", e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** The whole head, as it is on the disk. */
    byte[] seal(SealedHead head) {
        try {
            byte[] label = labels.encrypt(head.label(), bound(head.open(), new byte[0]));
            return ByteBuffer.allocate(SealedHead.BYTES)
                    .put(head.open())
                    .put(label)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Tink does not seal", e);
        }
    }

    /**
     * The head in these bytes, of which the open part was read already.
     *
     * @throws VaultException DAMAGED where it is not authentic
     */
    SealedHead open(byte[] head, String id, int keyVersion) throws VaultException {
        byte[] open = Arrays.copyOf(head, SealedHead.OPEN_BYTES);
        byte[] sealed = Arrays.copyOfRange(head, SealedHead.OPEN_BYTES, SealedHead.BYTES);
        try {
            return SealedHead.read(id, keyVersion, labels.decrypt(sealed, bound(open, new byte[0])));
        } catch (GeneralSecurityException e) {
            throw new VaultException(Reason.DAMAGED, "The label of the file " + id + " is damaged.", e);
        }
    }

    /** What is written into it is sealed into the file; closing it ends the content. */
    OutputStream sealing(OutputStream file, SealedHead head) throws IOException {
        try {
            return contents.newEncryptingStream(file, bound(head.open(), head.label()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Tink does not seal", e);
        }
    }

    /** What opens the content's segments; the header is Tink's own, {@link #headerBytes} long, behind the head. */
    StreamSegmentDecrypter opening(ByteBuffer header, SealedHead head) throws GeneralSecurityException {
        StreamSegmentDecrypter decrypter = contents.newStreamSegmentDecrypter();
        decrypter.init(header, bound(head.open(), head.label()));
        return decrypter;
    }

    int headerBytes() {
        return contents.getHeaderLength();
    }

    /** How long the file is on the disk. */
    long fileBytes(long contentBytes) {
        return contents.expectedCiphertextSize(contentBytes);
    }

    /** The segment that holds that byte of the content. */
    int segment(long position) {
        return (int) ((position + contents.getCiphertextOffset()) / (SEGMENT_BYTES - TAG_BYTES));
    }

    /** The first byte of the content that is in that segment. */
    long start(int segment) {
        return Math.max(0, segment * (long) (SEGMENT_BYTES - TAG_BYTES) - contents.getCiphertextOffset());
    }

    /** Where that segment begins in the file. */
    long place(int segment) {
        return segment == 0 ? contents.getCiphertextOffset() : segment * (long) SEGMENT_BYTES;
    }

    private byte[] bound(byte[] open, byte[] label) {
        return ByteBuffer.allocate(BOUND.length + 2 + vault.length + open.length + label.length)
                .put(BOUND)
                .putShort((short) vault.length)
                .put(vault)
                .put(open)
                .put(label)
                .array();
    }
}
