package omni.airgap;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Makes proofs and checks them, as the commands do. */
final class Proofs {
    private Proofs() {}

    /** All that a chain has. */
    static String bundle(EvidenceChain chain) throws IOException {
        return bundle(chain.publicKey(), chain.checkpoint(), Files.readAllLines(chain.file()));
    }

    static String bundle(byte[] publicKey, Checkpoint checkpoint, List<String> lines) {
        return bundle(publicKey, checkpoint, Optional.empty(), lines);
    }

    /** As the command writes it. */
    static String bundle(Evidence evidence) throws IOException {
        Evidence.Shown shown = evidence.shown();
        StringWriter out = new StringWriter();
        try (InputStream chain = Files.newInputStream(shown.chain().file())) {
            Proof.write(
                    out,
                    Proof.key(shown.chain().publicKey()),
                    shown.checkpoint().note().note(),
                    shown.counter(),
                    shown.witnessed(),
                    chain);
        }
        return out.toString();
    }

    static String bundle(byte[] publicKey, Checkpoint checkpoint, Optional<String> witnessed, List<String> lines) {
        StringWriter out = new StringWriter();
        String chain = String.join("\n", lines) + (lines.isEmpty() ? "" : "\n");
        try {
            Proof.write(
                    out, Proof.key(publicKey), checkpoint.note().note(), Optional.empty(), witnessed, stream(chain));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString();
    }

    /** What a chain's records say. */
    static List<JsonNode> records(EvidenceChain chain) {
        try {
            return Files.notExists(chain.file())
                    ? List.of()
                    : Files.readAllLines(chain.file()).stream()
                            .map(line -> JsonMapper.shared().readTree(line.substring(line.indexOf(' ') + 1)))
                            .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Proof.Verdict verify(String proof) {
        return Proof.verify(stream(proof), Optional.empty(), Optional.empty(), List.of());
    }

    static Proof.Verdict verifyBox(String proof, String box) {
        return Proof.verify(stream(proof), Optional.of(box), Optional.empty(), List.of());
    }

    static Proof.Verdict verify(String proof, Checkpoint kept) {
        return Proof.verify(
                stream(proof), Optional.empty(), Optional.of(kept.note().note()), List.of());
    }

    static Proof.Verdict verify(String proof, String kept, Cosigner... witnesses) {
        return Proof.verify(stream(proof), Optional.empty(), Optional.of(kept), keys(witnesses));
    }

    static Proof.Verdict verifyAlone(String proof, Cosigner... witnesses) {
        return Proof.verify(stream(proof), Optional.empty(), Optional.empty(), keys(witnesses));
    }

    private static List<String> keys(Cosigner... witnesses) {
        return List.of(witnesses).stream().map(Cosigner::verifierKey).toList();
    }

    static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
