package omni.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import omni.airgap.AirgapProtocol;
import omni.airgap.Proof;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni airgap prove}: all evidence in one text that anybody can check. */
@Command(
        name = "prove",
        description = {
            "Writes all evidence of this box's gaps to standard output, signed, to be checked on another machine with omni"
                    + " airgap verify.",
            "Keep a checkpoint elsewhere now and then, or have one cosigned by another device with omni airgap cosign: it"
                    + " shows later that nothing was cut off."
        },
        footer = {
            "",
            "Example: omni airgap prove > proof.json",
            "Example: omni airgap prove --checkpoint > today.txt",
            "Example: omni airgap prove --witnessed cosigned.txt"
        })
final class AirgapProveCommand extends OmniCommand {
    /** A TPM that counts the records may be slow to say how far it is. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Option(names = "--checkpoint", description = "Only the checkpoint: how many records there are, and their root.")
    private boolean checkpoint;

    @Option(
            names = "--witnessed",
            paramLabel = "FILE",
            description = "Only take in a checkpoint that came back cosigned: later proofs have it in them.")
    private Optional<Path> witnessed = Optional.empty();

    AirgapProveCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        if (witnessed.isPresent()) {
            return keep(NoteFile.read(witnessed.get()));
        }
        var evidence = world.withPatience(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus.within(PATIENCE)).evidence(new AirgapProtocol.EvidenceParams()));
        if (checkpoint) {
            answer(
                    Json.object().put("checkpoint", evidence.checkpoint()),
                    () -> evidence.checkpoint().stripTrailing());
            return ExitCode.OK;
        }
        try (var chain = chain(Path.of(evidence.file()))) {
            Proof.write(
                    world.out(),
                    evidence.publicKey(),
                    evidence.checkpoint(),
                    Optional.ofNullable(evidence.counter()),
                    Optional.ofNullable(evidence.witnessed()),
                    chain);
        } catch (AccessDeniedException e) {
            throw new CommandException(
                    ExitCode.ERROR,
                    "The evidence in " + evidence.file() + " is for the box's own user: run this as root.",
                    e);
        } catch (IOException e) {
            throw new CommandException(ExitCode.ERROR, "The evidence in " + evidence.file() + " cannot be read.", e);
        }
        evidence.alarms().forEach(alarm -> world.err().println("ALARM: " + Text.printable(alarm)));
        if (evidence.notWritten() != null) {
            world.err().println("There are " + Text.printable(evidence.notWritten()));
        }
        world.err().println("This box's key, for omni airgap verify --box: " + evidence.publicKey());
        if (evidence.witnessed() == null) {
            world.err()
                    .println((evidence.counter() == null
                                    ? "This proof does not show"
                                    : "But for this box's word on its TPM's counter, this proof does not show")
                            + " that no records are missing at the end: that needs a checkpoint that is kept, or"
                            + " cosigned, elsewhere (omni airgap prove --checkpoint).");
        }
        world.err().flush();
        return ExitCode.OK;
    }

    /** Without a record there is no file. */
    private static InputStream chain(Path file) throws IOException {
        try {
            return Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            return InputStream.nullInputStream();
        }
    }

    private ExitCode keep(String note) {
        var kept = world.withPatience(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus).keepWitnessed(new AirgapProtocol.KeepWitnessedParams(note)));
        answer(
                kept.toJson(),
                () -> "Kept: " + Text.count(kept.records(), "record") + " under the name of "
                        + Text.printable(String.join(", ", kept.names())) + ". Whoever verifies checks its key.");
        return ExitCode.OK;
    }
}
