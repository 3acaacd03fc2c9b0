package omni.airgap;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A text and the signatures below it, none of them checked: {@link Checkpoint} and {@link Cosignature} do that.
 *
 * <pre>
 *   text, which ends with a line feed
 *                                                 an empty line, the last one of the note
 *   — NAME base64(key ID, 4 bytes, signature)     one or more
 * </pre>
 *
 * <p>Source: C2SP signed-note.md. Immutable.
 *
 * @param text what is signed, with its last line feed
 * @param signatures in the order of the note
 */
record SignedNote(String text, List<Signature> signatures) {
    /** Room for the sixteen signatures that everybody must take, each as long as post-quantum ones are. */
    static final int CHARACTERS_MAX = 96 << 10;

    /** The same in UTF-8, whatever the names are. */
    static final int BYTES_MAX = 4 * CHARACTERS_MAX;

    static final int SIGNATURES_MAX = 32;

    private static final int KEY_ID_BYTES = 4;
    private static final String DASH = "— ";

    /**
     * One line below the text.
     *
     * @param name of the key
     * @param keyId see {@link VerifierKey#id}
     * @param base64 the signature after the key's ID
     */
    record Signature(String name, int keyId, String base64) {
        static Signature of(VerifierKey key, byte[] signature) {
            return new Signature(key.name(), key.id(), Base64.getEncoder().encodeToString(signature));
        }

        private static Optional<Signature> read(String line) {
            int space = line.lastIndexOf(' ');
            if (!line.startsWith(DASH) || space < DASH.length()) {
                return Optional.empty();
            }
            String name = line.substring(DASH.length(), space);
            byte[] bytes = SignedNote.bytes(line.substring(space + 1)).orElse(new byte[0]);
            if (!VerifierKey.isName(name) || bytes.length <= KEY_ID_BYTES) {
                return Optional.empty();
            }
            byte[] signature = Arrays.copyOfRange(bytes, KEY_ID_BYTES, bytes.length);
            return Optional.of(new Signature(
                    name, ByteBuffer.wrap(bytes).getInt(), Base64.getEncoder().encodeToString(signature)));
        }

        byte[] bytes() {
            return Base64.getDecoder().decode(base64);
        }

        boolean isBy(VerifierKey key) {
            return keyId == key.id() && name.equals(key.name());
        }

        private String line() {
            byte[] signature = bytes();
            ByteBuffer whole = ByteBuffer.allocate(KEY_ID_BYTES + signature.length)
                    .putInt(keyId)
                    .put(signature);
            return DASH + name + " " + Base64.getEncoder().encodeToString(whole.array()) + "\n";
        }
    }

    SignedNote {
        signatures = List.copyOf(signatures);
    }

    /** The note in a text; nothing where it is none, or a larger one than anybody makes. */
    static Optional<SignedNote> read(String note) {
        int end = note.lastIndexOf("\n\n");
        if (end < 0
                || note.length() > CHARACTERS_MAX
                || !note.endsWith("\n")
                || note.chars().anyMatch(character -> character < ' ' && character != '\n')) {
            return Optional.empty();
        }
        List<String> lines = note.substring(end + 2).lines().toList();
        List<Signature> signatures =
                lines.stream().map(Signature::read).flatMap(Optional::stream).toList();
        return signatures.isEmpty() || signatures.size() < lines.size() || lines.size() > SIGNATURES_MAX
                ? Optional.empty()
                : Optional.of(new SignedNote(note.substring(0, end + 1), signatures));
    }

    /** The same with further signatures; each is there once, and one of a key that has signed before takes its place. */
    SignedNote with(List<Signature> more) {
        List<Signature> all = new ArrayList<>(signatures);
        for (Signature one : more) {
            all.removeIf(other -> other.keyId() == one.keyId() && other.name().equals(one.name()));
            all.add(one);
        }
        return new SignedNote(text, all);
    }

    /** As it is written. */
    String note() {
        StringBuilder note = new StringBuilder(text).append('\n');
        signatures.forEach(signature -> note.append(signature.line()));
        return note.toString();
    }

    /** What the text in base64 stands for; nothing where it is none. */
    static Optional<byte[]> bytes(String base64) {
        try {
            return Optional.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
