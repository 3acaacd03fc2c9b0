package omni.vault;

import com.google.crypto.tink.subtle.Hkdf;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import omni.vault.VaultException.Reason;

/**
 * How a backup names and seals what it writes. Two keys are derived from one version of the data key for files: one names chunks,
 * by HMAC-SHA-256 of their content, the other seals what may be replaced. A chunk's own key is in no chunk (decision 0305).
 *
 * <pre>
 *   chunk      = nonce (24), XChaCha20-Poly1305 of: bytes of the content (4), content, zeros
 *   what may   = "OmniBack", format (4), version of the data key (4),
 *   be replaced  nonce (24), XChaCha20-Poly1305 of: bytes of the content (4), content, zeros
 * </pre>
 *
 * <p>Numbers are big-endian; both are as long as a power of two, {@value #SEALED_BYTES_MIN} or more. Keys are on the heap here. For any
 * thread.
 */
final class BackupCipher {
    static final int SEALED_BYTES_MIN = 4 << 10;
    static final int CHUNK_BYTES_MAX = 1 << 20;

    private static final int KEY_BYTES = 32;
    private static final int LENGTH_BYTES = 4;
    private static final int SEAL_BYTES = 24 + 16;

    /** The most that one chunk has in it. */
    static final int CONTENT_BYTES_MAX = CHUNK_BYTES_MAX - SEAL_BYTES - LENGTH_BYTES;

    private static final byte[] MAGIC = "OmniBack".getBytes(StandardCharsets.US_ASCII);
    private static final int FORMAT = 1;
    private static final int HEAD_BYTES = 16;

    private final int version;
    private final byte[] naming;
    private final byte[] sealing;

    /** Under that version of the data key for files. */
    BackupCipher(DataKeys keys, int version) throws VaultException {
        this.version = version;
        byte[] key = keys.key(Purpose.FILES, version).toArray(ValueLayout.JAVA_BYTE);
        naming = derived(key, "omni backup names");
        sealing = derived(key, "omni backup keys");
        Arrays.fill(key, (byte) 0);
    }

    /** Under the newest one. */
    static BackupCipher newest(DataKeys keys) throws VaultException {
        return new BackupCipher(keys, keys.newest(Purpose.FILES));
    }

    /** Under the one that this file, which may be replaced, was sealed with. */
    static BackupCipher of(DataKeys keys, byte[] sealed, String name) throws VaultException {
        ByteBuffer bytes = ByteBuffer.wrap(sealed);
        byte[] magic = new byte[MAGIC.length];
        if (sealed.length < SEALED_BYTES_MIN) {
            throw damaged(name);
        }
        bytes.get(magic);
        if (!Arrays.equals(magic, MAGIC) || bytes.getInt() != FORMAT) {
            throw damaged(name);
        }
        try {
            return new BackupCipher(keys, bytes.getInt());
        } catch (VaultException e) {
            if (e.reason() != Reason.DAMAGED) {
                throw e;
            }
            throw damaged(name);
        }
    }

    private static byte[] derived(byte[] key, String label) {
        try {
            return Hkdf.computeHkdf(
                    "HMACSHA256", key, new byte[0], label.getBytes(StandardCharsets.US_ASCII), KEY_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Tink has no HKDF", e);
        }
    }

    /** Of the data key that it stands under. */
    int version() {
        return version;
    }

    /** The name of a chunk of that content: 64 digits that tell nothing without the key. */
    String name(byte[] content) {
        return HexFormat.of().formatHex(mac(naming, content));
    }

    /** The key of the chunk of that name in a snapshot with that secret. */
    static byte[] chunkKey(byte[] secret, String chunk) {
        return mac(secret, chunk.getBytes(StandardCharsets.US_ASCII));
    }

    /** A chunk as it is written. */
    static byte[] sealChunk(byte[] key, String chunk, byte[] content) {
        return RowKey.encrypt(RowKey.aead(key), padded(content, SEAL_BYTES), chunkBinding(chunk));
    }

    /** What is in a chunk; DAMAGED where it is not what was written under that name. */
    byte[] openChunk(byte[] key, String chunk, byte[] sealed) throws VaultException {
        try {
            byte[] content = content(RowKey.aead(key).decrypt(sealed, chunkBinding(chunk)), chunk);
            if (name(content).equals(chunk)) {
                return content;
            }
        } catch (GeneralSecurityException e) {
            throw new VaultException(Reason.DAMAGED, "The chunk " + chunk + " is damaged.", e);
        }
        throw damaged(chunk);
    }

    /** What may be replaced, as it is written under that name. */
    byte[] seal(String name, byte[] content) {
        byte[] head = head();
        byte[] sealed =
                RowKey.encrypt(RowKey.aead(sealing), padded(content, HEAD_BYTES + SEAL_BYTES), binding(head, name));
        return ByteBuffer.allocate(HEAD_BYTES + sealed.length)
                .put(head)
                .put(sealed)
                .array();
    }

    /** What is in it; DAMAGED where it is not what was written under that name. */
    byte[] open(String name, byte[] sealed) throws VaultException {
        byte[] head = Arrays.copyOf(sealed, HEAD_BYTES);
        try {
            byte[] rest = Arrays.copyOfRange(sealed, HEAD_BYTES, sealed.length);
            return content(RowKey.aead(sealing).decrypt(rest, binding(head, name)), name);
        } catch (GeneralSecurityException e) {
            throw new VaultException(Reason.DAMAGED, "The file " + name + " of the backup is damaged.", e);
        }
    }

    /** By which a change of something that has to be readable without a key is found. */
    String tag(byte[] bytes) {
        return HexFormat.of().formatHex(mac(sealing, bytes));
    }

    boolean isTag(String tag, byte[] bytes) {
        return MessageDigest.isEqual(
                tag.getBytes(StandardCharsets.US_ASCII), tag(bytes).getBytes(StandardCharsets.US_ASCII));
    }

    private byte[] head() {
        return ByteBuffer.allocate(HEAD_BYTES)
                .put(MAGIC)
                .putInt(FORMAT)
                .putInt(version)
                .array();
    }

    private static byte[] padded(byte[] content, int around) {
        long least = Math.max(SEALED_BYTES_MIN, (long) content.length + LENGTH_BYTES + around);
        int whole = Math.toIntExact(Long.highestOneBit(least - 1) << 1);
        return ByteBuffer.allocate(whole - around)
                .putInt(content.length)
                .put(content)
                .array();
    }

    private static byte[] content(byte[] padded, String name) throws VaultException {
        int length = padded.length < LENGTH_BYTES ? -1 : ByteBuffer.wrap(padded).getInt();
        if (length < 0 || length > padded.length - LENGTH_BYTES) {
            throw damaged(name);
        }
        return Arrays.copyOfRange(padded, LENGTH_BYTES, LENGTH_BYTES + length);
    }

    private static byte[] chunkBinding(String chunk) {
        return ("omni backup chunk\n" + chunk).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] binding(byte[] head, String name) {
        byte[] text = ("omni backup\n" + name).getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + text.length)
                .put(head)
                .put(text)
                .array();
    }

    private static byte[] mac(byte[] key, byte[] bytes) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has HmacSHA256", e);
        }
    }

    private static VaultException damaged(String name) {
        return new VaultException(Reason.DAMAGED, name + " is not what the backup had written there.");
    }
}
