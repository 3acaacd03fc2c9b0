package omni.airgap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * How long a chain of evidence was, and its Merkle root, as a signed note that another device can keep or cosign.
 *
 * <pre>
 *   omni.airgap/6f1d…            the origin: this box's key
 *   42                           records
 *   CsUYapGGPo4dkMgIAUqom/…      root, base64
 *
 *   — omni.airgap/6f1d… Zm9v…    key hash (4 bytes) and signature, base64
 * </pre>
 *
 * <p>Source: C2SP signed-note.md and tlog-checkpoint.md. Immutable.
 *
 * @param origin who signed
 * @param size records
 * @param root Merkle root of the records' lines, base64
 * @param note the whole text
 */
record Checkpoint(String origin, int size, String root, String note) {
    private static final byte ED25519 = 1;
    private static final int HASH_BYTES = 4;
    private static final int NOTE_CHARACTERS_MAX = 8192;

    /** Of the lines that the tree was made of. */
    static Checkpoint of(Merkle tree, DeviceKey key) {
        String origin = origin(key.publicKey());
        String root = Base64.getEncoder().encodeToString(tree.root());
        String text = origin + "\n" + tree.size() + "\n" + root + "\n";
        byte[] signature = key.sign(text.getBytes(StandardCharsets.UTF_8));
        ByteBuffer line = ByteBuffer.allocate(HASH_BYTES + signature.length);
        line.put(keyHash(origin, key.publicKey())).put(signature);
        String note = text + "\n— " + origin + " " + Base64.getEncoder().encodeToString(line.array()) + "\n";
        return new Checkpoint(origin, tree.size(), root, note);
    }

    /** The checkpoint in a note that this key signed; nothing where it is none, or another key's. */
    static Optional<Checkpoint> read(String note, byte[] publicKey) {
        int end = note.indexOf("\n\n");
        if (end < 0 || note.length() > NOTE_CHARACTERS_MAX) {
            return Optional.empty();
        }
        String text = note.substring(0, end + 1);
        List<String> words = text.lines().toList();
        if (words.size() < 3 || !words.get(1).matches("\\d{1,9}")) {
            return Optional.empty();
        }
        String origin = words.getFirst();
        boolean signed = note.substring(end + 2)
                .lines()
                .filter(line -> line.startsWith("— " + origin + " "))
                .map(line -> bytes(line.substring(("— " + origin + " ").length())))
                .flatMap(Optional::stream)
                .anyMatch(bytes -> signs(bytes, origin, text, publicKey));
        return signed
                ? Optional.of(new Checkpoint(origin, Integer.parseInt(words.get(1)), words.get(2), note))
                : Optional.empty();
    }

    private static boolean signs(byte[] line, String origin, String text, byte[] publicKey) {
        return line.length > HASH_BYTES
                && Arrays.equals(Arrays.copyOf(line, HASH_BYTES), keyHash(origin, publicKey))
                && DeviceKey.verify(
                        publicKey,
                        text.getBytes(StandardCharsets.UTF_8),
                        Arrays.copyOfRange(line, HASH_BYTES, line.length));
    }

    /** The name under which a key signs. */
    static String origin(byte[] publicKey) {
        byte[] digest = Merkle.sha256().digest(publicKey);
        return "omni.airgap/" + HexFormat.of().formatHex(digest, 0, 8);
    }

    /** The first four bytes of SHA-256 over name, line feed, kind of signature and key. */
    private static byte[] keyHash(String origin, byte[] publicKey) {
        var digest = Merkle.sha256();
        digest.update((origin + "\n").getBytes(StandardCharsets.UTF_8));
        digest.update(ED25519);
        return Arrays.copyOf(digest.digest(publicKey), HASH_BYTES);
    }

    static Optional<byte[]> bytes(String base64) {
        try {
            return Optional.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether these lines begin with those that this checkpoint was made of. */
    boolean covers(List<String> lines) {
        if (lines.size() < size) {
            return false;
        }
        Merkle tree = new Merkle();
        lines.subList(0, size).forEach(line -> tree.add(line.getBytes(StandardCharsets.UTF_8)));
        return Base64.getEncoder().encodeToString(tree.root()).equals(root);
    }
}
