package omni.cli;

import omni.airgap.AirgapProtocol;
import omni.airgap.StepUpKey;
import picocli.CommandLine.Command;

/** {@code omni key step-up}: makes the key that lifts a gap, and shows it once. */
@Command(
        name = "step-up",
        description = {
            "Makes the key that lifts the air gap and prints it, this once: Omni keeps only its public half. It is no key"
                    + " of the HTTP API.",
            "Where there is one already, that one is asked for, at the terminal or from standard input: only it can name"
                    + " the next."
        },
        footer = {"", "Example: omni key step-up"})
final class KeyStepUpCommand extends OmniCommand {
    KeyStepUpCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var begun = world.with(
                "airgap", bus -> AirgapProtocol.Client.of(bus).beginStepUp(new AirgapProtocol.BeginStepUpParams()));
        var fresh = StepUpKey.make();
        var params = new AirgapProtocol.SetStepUpParams(fresh.publicKey(), null, null);
        if (begun.needed()) {
            var old = StepUpKey.read(new SecretInput(world).read("The step-up key until now: "))
                    .orElseThrow(() -> new CommandException(
                            ExitCode.USAGE, "That is no step-up key: it begins with omni-step-up-."));
            params = new AirgapProtocol.SetStepUpParams(
                    fresh.publicKey(), begun.nonce(), old.signStepUp(begun.nonce(), fresh.publicKey()));
        }
        var kept = params;
        world.with("airgap", bus -> AirgapProtocol.Client.of(bus).setStepUp(kept));
        answer(Json.object().put("key", fresh.text()), fresh::text);
        if (!json()) {
            world.err()
                    .println("Keep it now, away from this box: it cannot be shown again, and without it nobody lifts"
                            + " the gap.");
        }
        return ExitCode.OK;
    }
}
