package omni.airgap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * A witness's word that at a time it had seen a checkpoint, and that it went on from all that it had cosigned before.
 *
 * <pre>
 *   cosignature/v1               what is signed: this line,
 *   time 1679315147              seconds since 1970, UTC,
 *   omni.airgap/6f1d…            and the checkpoint's text
 *   42
 *   CsUYapGGPo4dkMgIAUqom/…
 *
 *   0                8                               72
 *   +----------------+--------------------------------+
 *   | time, big end. | Ed25519                        |     the signature in the note
 *   +----------------+--------------------------------+
 * </pre>
 *
 * <p>Source: C2SP tlog-cosignature.md, cosignature/v1.
 */
final class Cosignature {
    private static final int TIME_BYTES = 8;
    private static final int BYTES = TIME_BYTES + 64;

    private Cosignature() {}

    /** What a note says of a witness. */
    sealed interface Found {
        /** It has not cosigned. */
        record Nothing() implements Found {}

        /**
         * It has cosigned.
         *
         * @param time when, by its own clock
         */
        record Holds(Instant time) implements Found {}

        /** Its name is there, and not its signature. */
        record Forged() implements Found {}
    }

    static SignedNote.Signature sign(String text, VerifierKey witness, DeviceKey key, Instant time) {
        byte[] signature = key.sign(message(time.getEpochSecond(), text).getBytes(StandardCharsets.UTF_8));
        return SignedNote.Signature.of(
                witness,
                ByteBuffer.allocate(BYTES)
                        .putLong(time.getEpochSecond())
                        .put(signature)
                        .array());
    }

    /** Looks for the witness. More than one cosignature of it must all hold; then it is the last one's time. */
    static Found find(SignedNote note, VerifierKey witness) {
        List<SignedNote.Signature> own =
                note.signatures().stream().filter(one -> one.isBy(witness)).toList();
        if (own.isEmpty()) {
            return new Found.Nothing();
        }
        long last = 0;
        for (SignedNote.Signature one : own) {
            ByteBuffer bytes = ByteBuffer.wrap(one.bytes());
            long seconds = bytes.capacity() == BYTES ? bytes.getLong() : -1;
            byte[] signature = new byte[bytes.remaining()];
            bytes.get(signature);
            boolean time = seconds >= 0 && seconds <= Instant.MAX.getEpochSecond();
            if (!time || !witness.verifies(message(seconds, note.text()), signature)) {
                return new Found.Forged();
            }
            last = Math.max(last, seconds);
        }
        return new Found.Holds(Instant.ofEpochSecond(last));
    }

    /** Whether it could be one; whose, only {@link #find} knows. */
    static boolean looksLikeOne(SignedNote.Signature signature) {
        return signature.bytes().length == BYTES;
    }

    private static String message(long seconds, String text) {
        return "cosignature/v1\ntime " + seconds + "\n" + text;
    }
}
