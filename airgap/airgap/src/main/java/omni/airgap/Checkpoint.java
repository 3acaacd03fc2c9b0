package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How long a chain of evidence was, and its Merkle root, as a signed note that another device can keep or cosign.
 *
 * <pre>
 *   omni.airgap/6f1d…            the origin: this box's key
 *   42                           records
 *   CsUYapGGPo4dkMgIAUqom/…      root, base64
 *
 *   — omni.airgap/6f1d… Zm9v…    key ID (4 bytes) and signature, base64
 * </pre>
 *
 * <p>Source: C2SP signed-note.md and tlog-checkpoint.md; without the extension lines of the latter. Immutable.
 *
 * @param origin who signed
 * @param size records
 * @param root Merkle root of the records' lines, base64
 * @param note the text, the box's signature and, from elsewhere, cosignatures
 */
record Checkpoint(String origin, int size, String root, SignedNote note) {
    private static final Pattern SIZE = Pattern.compile("0|[1-9]\\d{0,8}");
    private static final int LINES = 3;
    private static final int ORIGIN_BYTES = 8;

    /** Of the lines that the tree was made of. */
    static Checkpoint of(Merkle tree, DeviceKey key) {
        VerifierKey signer = signer(key.publicKey());
        String root = base64(tree.root());
        String text = signer.name() + "\n" + tree.size() + "\n" + root + "\n";
        var signature = SignedNote.Signature.of(signer, key.sign(text.getBytes(StandardCharsets.UTF_8)));
        return new Checkpoint(signer.name(), tree.size(), root, new SignedNote(text, List.of(signature)));
    }

    /** The checkpoint in a note that this key signed; nothing where it is none, or another key's. */
    static Optional<Checkpoint> read(String text, byte[] publicKey) {
        SignedNote note = SignedNote.read(text).orElse(new SignedNote("", List.of()));
        List<String> lines = note.text().lines().toList();
        VerifierKey signer = signer(publicKey);
        // The name is made of the key, so that nobody has two chains under one key, or one name for two keys.
        if (lines.size() != LINES
                || !lines.getFirst().equals(signer.name())
                || !SIZE.matcher(lines.get(1)).matches()) {
            return Optional.empty();
        }
        List<SignedNote.Signature> own =
                note.signatures().stream().filter(one -> one.isBy(signer)).toList();
        return !own.isEmpty() && own.stream().allMatch(one -> signer.verifies(note.text(), one.bytes()))
                ? Optional.of(new Checkpoint(signer.name(), Integer.parseInt(lines.get(1)), lines.get(2), note))
                : Optional.empty();
    }

    /** How many records the note counts, without a look at its signature; none where it does not say. */
    static int size(String note) {
        return note.lines()
                .skip(1)
                .findFirst()
                .filter(line -> SIZE.matcher(line).matches())
                .map(Integer::parseInt)
                .orElse(0);
    }

    private static VerifierKey signer(byte[] publicKey) {
        return new VerifierKey(name("omni.airgap", publicKey), VerifierKey.ED25519, publicKey);
    }

    /** The name under which a key signs. */
    static String origin(byte[] publicKey) {
        return signer(publicKey).name();
    }

    /** A name that goes with one key: the first bytes of its SHA-256. */
    static String name(String what, byte[] publicKey) {
        return what + "/" + HexFormat.of().formatHex(Merkle.sha256().digest(publicKey), 0, ORIGIN_BYTES);
    }

    /** Whether it was made of these lines: to be asked when the tree has as many as this counts. */
    boolean matches(Merkle tree) {
        return tree.size() == size && base64(tree.root()).equals(root);
    }

    /** This one with another's cosignatures, of the same text. */
    Checkpoint and(Checkpoint other) {
        return new Checkpoint(origin, size, root, note.with(other.note().signatures()));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
