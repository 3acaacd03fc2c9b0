package omni.vault;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;
import omni.vault.VaultException.Reason;

/**
 * What stands before the content of a sealed file: {@value #BYTES} bytes, whatever the name's length. Numbers are big-endian.
 *
 * <pre>
 *      0   8  "OmniSeal"
 *      8   4  format, {@value #FORMAT}
 *     12   4  version of the data key
 *     16  16  id, which is the file's name in hexadecimal
 *     32 680  label, XChaCha20-Poly1305: 24 of nonce, 640 sealed, 16 of tag
 *                 0   8  bytes of the content
 *                 8   2  length of the kind
 *                10   2  length of the name
 *                12   …  kind and name in UTF-8, then zeros
 *    712      Tink's stream: 1 + 32 of salt + 7 of nonce, then the content (SealedCipher)
 * </pre>
 *
 * <p>The first 32 bytes are open, and bound to the label; head and label together are bound to the content.
 */
record SealedHead(SealedFile file) {
    static final int OPEN_BYTES = 32;
    static final int LABEL_BYTES = 640;

    /** All of it: what is open, a nonce of 24, the label, a tag of 16. */
    static final int BYTES = OPEN_BYTES + 24 + LABEL_BYTES + 16;

    static final int FORMAT = 1;
    static final int KIND_CHARACTERS_MAX = 32;
    static final int NAME_BYTES_MAX = 512;

    /** Far below what Tink can count: 2^31 segments of 1 MiB. */
    static final long CONTENT_BYTES_MAX = 1L << 50;

    private static final byte[] MAGIC = "OmniSeal".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED_BYTES = 12;
    private static final Pattern KIND = Pattern.compile("[a-z][a-z0-9-]{0," + (KIND_CHARACTERS_MAX - 1) + "}");

    /** The head of a new file. */
    static SealedHead of(SealedFile file) throws VaultException {
        byte[] name = file.name().getBytes(StandardCharsets.UTF_8);
        if (!KIND.matcher(file.kind()).matches()) {
            throw new VaultException(Reason.INVALID, "A kind is 1 to 32 of a-z, 0-9 and -, and begins with a letter.");
        }
        if (name.length > NAME_BYTES_MAX || !new String(name, StandardCharsets.UTF_8).equals(file.name())) {
            throw new VaultException(Reason.INVALID, "A name is a text of at most 512 bytes.");
        }
        return new SealedHead(file);
    }

    /** What is sealed of it. */
    byte[] label() {
        byte[] kind = file.kind().getBytes(StandardCharsets.UTF_8);
        byte[] name = file.name().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(LABEL_BYTES)
                .putLong(file.bytes())
                .putShort((short) kind.length)
                .putShort((short) name.length)
                .put(kind)
                .put(name)
                .array();
    }

    /** What is open of it. */
    byte[] open() {
        return ByteBuffer.allocate(OPEN_BYTES)
                .put(MAGIC)
                .putInt(FORMAT)
                .putInt(file.keyVersion())
                .put(HexFormat.of().parseHex(file.id()))
                .array();
    }

    /**
     * The key's version in the open part of a head.
     *
     * @throws VaultException DAMAGED where it is no head, or that of another file
     */
    static int keyVersion(byte[] open, String id) throws VaultException {
        ByteBuffer bytes = ByteBuffer.wrap(open);
        byte[] magic = new byte[MAGIC.length];
        bytes.get(magic);
        if (!Arrays.equals(magic, MAGIC) || bytes.getInt() != FORMAT) {
            throw new VaultException(Reason.DAMAGED, "The file " + id + " does not begin as a sealed file does.");
        }
        int version = bytes.getInt();
        byte[] own = new byte[16];
        bytes.get(own);
        if (!HexFormat.of().formatHex(own).equals(id)) {
            throw new VaultException(Reason.DAMAGED, "In the place of the file " + id + " is another one.");
        }
        return version;
    }

    /** The head with that label, which was found to be authentic. */
    static SealedHead read(String id, int keyVersion, byte[] label) throws VaultException {
        ByteBuffer bytes = ByteBuffer.wrap(label);
        long length = bytes.getLong();
        int kindBytes = bytes.getShort();
        int nameBytes = bytes.getShort();
        if (length < 0
                || length > CONTENT_BYTES_MAX
                || kindBytes < 0
                || kindBytes > KIND_CHARACTERS_MAX
                || nameBytes < 0
                || nameBytes > NAME_BYTES_MAX) {
            throw new VaultException(Reason.DAMAGED, "The label of the file " + id + " makes no sense.");
        }
        String kind = new String(label, FIXED_BYTES, kindBytes, StandardCharsets.UTF_8);
        String name = new String(label, FIXED_BYTES + kindBytes, nameBytes, StandardCharsets.UTF_8);
        return new SealedHead(new SealedFile(id, kind, name, length, keyVersion));
    }
}
