package omni.cli;

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
        var input = new SecretInput(world);
        var secret = input.read("Step-up key: ");
        var key = StepUpKey.read(secret)
                .orElseThrow(() -> new CommandException(
                        ExitCode.USAGE, "That is no step-up key: it begins with omni-step-up-. The gap stays closed."));
        var signature = key.signLift(begun.nonce());
        var code = input.read("Code on the box: ");
        var gap = world.withPatience(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus)
                        .lift(new AirgapProtocol.LiftParams(begun.nonce(), signature, code))
                        .gap());
        answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, world.style()));
        return gap.state() == GapState.OPEN ? ExitCode.OK : ExitCode.ERROR;
    }
}
