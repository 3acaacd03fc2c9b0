package omni.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import omni.airgap.Cosigner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni airgap cosign}: another device signs that it has seen a box's evidence; needs no running Omni and no network. */
@Command(
        name = "cosign",
        description = {
            "For another device than the box: checks a proof, and that it goes on from the one that was cosigned last, and"
                    + " writes its checkpoint with a cosignature to standard output. What does not go on is not cosigned.",
            "Take the checkpoint back to the box with omni airgap prove --witnessed, and give the key that is shown to"
                    + " whoever verifies."
        },
        footer = {"", "Example: omni airgap cosign proof.json --key witness.key > cosigned.txt"})
final class AirgapCosignCommand extends OmniCommand {
    @Parameters(paramLabel = "FILE", description = "The proof.")
    private Path file = Path.of("");

    @Option(
            names = "--key",
            paramLabel = "FILE",
            required = true,
            description = "This device's key, made where there is none; beside it is kept what was cosigned last.")
    private Path key = Path.of("");

    AirgapCosignCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        try (var proof = Files.newInputStream(file)) {
            var cosigner = Cosigner.with(key);
            var answer = cosigner.cosign(proof);
            if (!answer.problems().isEmpty()) {
                throw new CommandException(
                        ExitCode.REFUSED, "Not cosigned: " + Text.printable(String.join(" ", answer.problems())));
            }
            answer(
                    Json.object()
                            .put("checkpoint", answer.note())
                            .put("records", answer.records())
                            .put("witness", cosigner.verifierKey()),
                    () -> answer.note().stripTrailing());
            if (!json()) {
                var before = answer.before().map(records -> ", " + records + " of them seen before");
                world.err()
                        .println("Cosigned " + Text.count(answer.records(), "record") + before.orElse("")
                                + ". Whoever verifies needs: --witness " + cosigner.verifierKey());
            }
            return ExitCode.OK;
        } catch (IOException e) {
            throw new CommandException(ExitCode.ERROR, "Nothing was cosigned: " + e.getMessage(), e);
        }
    }
}
