package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            "Keep a checkpoint elsewhere now and then: it shows later that nothing was cut off."
        },
        footer = {"", "Example: omni airgap prove > proof.json", "Example: omni airgap prove --checkpoint > today.txt"})
final class AirgapProveCommand extends OmniCommand {
    @Option(names = "--checkpoint", description = "Only the checkpoint: how many records there are, and their root.")
    private boolean checkpoint;

    AirgapProveCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var evidence = world.with(
                "airgap", bus -> AirgapProtocol.Client.of(bus).evidence(new AirgapProtocol.EvidenceParams()));
        if (checkpoint) {
            answer(
                    Json.object().put("checkpoint", evidence.checkpoint()),
                    () -> evidence.checkpoint().stripTrailing());
            return ExitCode.OK;
        }
        var lines = records(Path.of(evidence.file()));
        var size = Integer.parseInt(
                evidence.checkpoint().lines().skip(1).findFirst().orElse("0"));
        // A record that came after the checkpoint is for the next proof.
        var proof = Proof.bundle(
                evidence.publicKey(), evidence.checkpoint(), lines.subList(0, Math.min(size, lines.size())));
        world.out().print(proof);
        world.out().flush();
        return ExitCode.OK;
    }

    private static java.util.List<String> records(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : java.util.List.of();
        } catch (java.nio.file.AccessDeniedException e) {
            throw new CommandException(
                    ExitCode.ERROR, "The evidence in " + file + " is for the box's own user: run this as root.", e);
        } catch (IOException e) {
            throw new UncheckedIOException("The evidence cannot be read", e);
        }
    }
}
