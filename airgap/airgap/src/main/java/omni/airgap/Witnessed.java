package omni.airgap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import omni.airgap.AirgapProtocol.FailedReason;
import omni.role.PrivateFile;

/**
 * The newest checkpoint of this box that came back cosigned, in {@code evidence/witnessed}: each later proof has it in it. The
 * box does not know its witnesses' keys, and checks only what is its own: whoever checks a proof checks the rest. For any
 * thread.
 */
final class Witnessed {
    private final EvidenceChain chain;
    private final Path file;

    Witnessed(EvidenceChain chain) {
        this.chain = chain;
        this.file = chain.folder().resolve("witnessed");
    }

    synchronized Optional<String> note() throws AirgapException {
        try {
            return PrivateFile.read(file, SignedNote.BYTES_MAX);
        } catch (IOException e) {
            throw new AirgapException("The cosigned checkpoint in " + file + " cannot be read. Remove it.", e);
        }
    }

    /**
     * Keeps a note in the place of an older one. Of the same checkpoint, both have their cosignatures kept.
     *
     * @return the checkpoint with all that is known of it
     * @throws DeniedException where it is no cosigned checkpoint of this box, or not a newer one
     */
    synchronized Checkpoint keep(String note) throws AirgapException {
        Checkpoint given = checkpoint(note)
                .orElseThrow(() ->
                        new DeniedException(FailedReason.INVALID, "This is no checkpoint that this box has signed."));
        if (given.note().signatures().stream().noneMatch(Cosignature::looksLikeOne)) {
            throw new DeniedException(FailedReason.INVALID, "Nobody has cosigned this checkpoint.");
        }
        Optional<Checkpoint> before = note().flatMap(this::checkpoint);
        if (before.isPresent() && before.get().size() > given.size()) {
            throw new DeniedException(
                    FailedReason.REFUSED,
                    "A newer one is kept already: of " + before.get().size() + " records.");
        }
        if (!chain.beginsWith(given)) {
            throw new DeniedException(
                    FailedReason.REFUSED,
                    "The evidence here does not go on from this checkpoint: records were cut off or changed.");
        }
        Checkpoint both = before.filter(
                        old -> old.note().text().equals(given.note().text()))
                .map(old -> old.and(given))
                .orElse(given);
        if (SignedNote.read(both.note().note()).isEmpty()) {
            throw new DeniedException(
                    FailedReason.REFUSED,
                    "That makes more than " + SignedNote.SIGNATURES_MAX + " signatures on one checkpoint.");
        }
        try {
            PrivateFile.write(file, both.note().note().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AirgapException("The cosigned checkpoint cannot be kept. Make room on the disk.", e);
        }
        return both;
    }

    /** What is wrong where the records do not go on from the checkpoint that is kept, or that cannot be told. */
    Optional<String> alarm() {
        try {
            Optional<Checkpoint> kept = note().flatMap(this::checkpoint);
            return kept.isEmpty() || chain.beginsWith(kept.get())
                    ? Optional.empty()
                    : Optional.of("ALARM: the evidence does not go on from the checkpoint of "
                            + kept.get().size() + " records that was cosigned: records were cut off or changed since");
        } catch (AirgapException e) {
            return Optional.of(e.getMessage());
        }
    }

    private Optional<Checkpoint> checkpoint(String note) {
        return Checkpoint.read(note, chain.publicKey());
    }
}
