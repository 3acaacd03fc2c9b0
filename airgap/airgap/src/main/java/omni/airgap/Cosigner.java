package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import omni.role.PrivateFile;

/**
 * A witness: a device that looks at a box's proofs now and then, remembers how far it has seen each box's evidence, and says
 * so by a cosignature. It signs for nothing that does not go on from what it signed for last.
 *
 * <p>Its key is one file; beside it is, for each box, {@code KEY.ID}: the last checkpoint it has cosigned. Who restores that
 * file from a copy makes it forget. Source: C2SP tlog-cosignature.md, and the rules of tlog-witness.md without its HTTP. For
 * one thread; of several processes one signs at a time.
 */
public final class Cosigner {
    private final Path file;
    private final DeviceKey key;
    private final VerifierKey verifier;
    private final Clock clock;

    Cosigner(Path file, Clock clock) throws AirgapException {
        this.file = file;
        this.key = DeviceKey.in(file);
        this.verifier = new VerifierKey(
                Checkpoint.name("omni.witness", key.publicKey()), VerifierKey.COSIGNATURE, key.publicKey());
        this.clock = clock;
    }

    /**
     * The one with that key, which is made where there is none, for its owner alone (mode 0600).
     *
     * @param key the key's file
     * @throws IOException where it cannot be read or made
     */
    public static Cosigner with(Path key) throws IOException {
        return new Cosigner(key, Clock.systemUTC());
    }

    /**
     * What was done.
     *
     * @param problems why it did not sign, a line each; empty where it did
     * @param note the proof's checkpoint with the cosignature; empty where it did not sign
     * @param records how many it has seen now
     * @param before how many it had seen before, where it knew the box
     */
    public record Answer(List<String> problems, String note, int records, Optional<Integer> before) {}

    /** By which others check its cosignatures: the verifier key of C2SP signed-note.md, such as {@code --witness} takes. */
    public String verifierKey() {
        return verifier.text();
    }

    /**
     * Checks a whole proof, and that it goes on from the last one of the same box; signs its checkpoint when nothing is wrong.
     *
     * @param proof as {@link Proof#write} makes it
     * @throws IOException where the proof cannot be read, or what was signed cannot be remembered: then nothing is signed
     */
    public Answer cosign(InputStream proof) throws IOException {
        try (FileChannel turn = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var _ = turn.lock(); // so that two at once do not sign for two different ends
            return check(proof);
        }
    }

    private Answer check(InputStream proof) throws IOException {
        try (ProofReader reader = new ProofReader(proof)) {
            ProofReader.Header header;
            try {
                header = reader.header();
            } catch (AirgapException e) {
                return new Answer(List.of(e.getMessage()), "", 0, Optional.empty());
            }
            Path memory = file.resolveSibling(file.getFileName() + "." + id(header));
            Optional<String> last = PrivateFile.read(memory, SignedNote.BYTES_MAX);
            Optional<Integer> before = last.map(Checkpoint::size);
            Proof.Verdict verdict = new ProofCheck(header, Optional.empty(), last, List.of()).run(reader);
            if (!verdict.problems().isEmpty()) {
                return new Answer(verdict.problems(), "", verdict.records(), before);
            }
            if (SignedNote.bytes(header.publicKey())
                    .filter(bytes -> Arrays.equals(bytes, key.publicKey()))
                    .isPresent()) {
                return new Answer(List.of("A box is no witness for itself."), "", verdict.records(), before);
            }
            String note = signed(header);
            if (SignedNote.read(note).isEmpty()) {
                return new Answer(
                        List.of("The checkpoint has too many signatures already."), "", verdict.records(), before);
            }
            // Remembered first: a signature that nobody remembers is one that can be contradicted.
            PrivateFile.write(memory, note.getBytes(StandardCharsets.UTF_8));
            return new Answer(List.of(), note, verdict.records(), before);
        }
    }

    private static String id(ProofReader.Header header) {
        String origin = Checkpoint.origin(header.key());
        return origin.substring(origin.indexOf('/') + 1);
    }

    private String signed(ProofReader.Header header) {
        SignedNote note =
                Checkpoint.read(header.checkpoint(), header.key()).orElseThrow().note();
        return note.with(List.of(Cosignature.sign(note.text(), verifier, key, clock.instant())))
                .note();
    }
}
