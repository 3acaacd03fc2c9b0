package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.GapState;
import omni.airgap.StepUpKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni airgap lift}: opens the gap, with the step-up key and a code that only the box itself shows. */
@Command(
        name = "lift",
        description = {
            "Connects this box again. It needs two things: the step-up key (omni key step-up), and the code that appears"
                    + " on the box's own screen or serial line.",
            "Both are asked for at the terminal, or read from standard input: first the key, then the code, a line each."
        },
        footer = {"", "Example: omni airgap lift", "Example: omni airgap lift --offline"})
final class AirgapLiftCommand extends OmniCommand {
    private static final int LINE_BYTES_MAX = 1024;

    @Option(
            names = "--offline",
            description =
                    "With no process of Omni running: as root, on a local terminal of the box, with the step-up key.")
    private boolean offline;

    AirgapLiftCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        if (offline) {
            return new OfflineLift(world).run();
        }
        var begun = world.with(
                "airgap", bus -> AirgapProtocol.Client.of(bus).beginLift(new AirgapProtocol.BeginLiftParams()));
        world.err().println("A code of six digits stands on the box's own console (" + begun.console() + ").");
        world.err().flush();
        var secret = read("Step-up key: ");
        var key = StepUpKey.read(secret)
                .orElseThrow(() -> new CommandException(
                        ExitCode.USAGE, "That is no step-up key: it begins with omni-step-up-. The gap stays closed."));
        var signature = key.signLift(begun.nonce());
        var code = read("Code on the box: ");
        var gap = world.withPatience(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus)
                        .lift(new AirgapProtocol.LiftParams(begun.nonce(), signature, code))
                        .gap());
        answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, world.style()));
        return gap.state() == GapState.OPEN ? ExitCode.OK : ExitCode.ERROR;
    }

    /** At a terminal unseen; else the next line of standard input, and not a byte more. */
    private String read(String prompt) {
        if (world.isTerminal(0)) {
            return new SecretInput(world).read(prompt);
        }
        var line = new java.io.ByteArrayOutputStream();
        try {
            for (int b = world.in().read(); b >= 0 && b != '\n'; b = world.in().read()) {
                line.write(b);
                if (line.size() > LINE_BYTES_MAX) {
                    throw new CommandException(ExitCode.USAGE, "A line of standard input is longer than any key.");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Standard input cannot be read", e);
        }
        var text = line.toString(StandardCharsets.UTF_8).strip();
        if (text.isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE, "Two lines are wanted on standard input: the step-up key, and the code.");
        }
        return text;
    }
}
