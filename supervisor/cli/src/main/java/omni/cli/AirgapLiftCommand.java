package omni.cli;

import java.nio.file.Path;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.GapState;
import omni.airgap.StepUpKey;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni airgap lift}: opens the gap, with the step-up key or the password, and a code that only the box itself shows. */
@Command(
        name = "lift",
        description = {
            "Connects this box again. It needs two things: the step-up key (omni key step-up) or the vault's password, and"
                    + " the code that appears on the box's own screen or serial line.",
            "Both are asked for at the terminal, or read from standard input: first the key or the password, then the code, a"
                    + " line each."
        },
        footer = {"", "Example: omni airgap lift", "Example: omni airgap lift --offline"})
final class AirgapLiftCommand extends OmniCommand {
    @Option(
            names = "--offline",
            description =
                    "With no process of Omni running: as root, on a local terminal of the box, with the step-up key.")
    private boolean offline;

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "The file that is needed beside the vault's password.")
    private @Nullable Path keyFile;

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
        var secret = input.read(begun.password() ? "Step-up key or password: " : "Step-up key: ");
        var key = StepUpKey.read(secret);
        // Mistyped, and nobody else's to see; nor is it a wrong try of the vault's.
        if (key.isEmpty() && (!begun.password() || secret.startsWith(StepUpKey.PREFIX))) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "That is no whole step-up key, which begins with " + StepUpKey.PREFIX + ". The gap stays closed.");
        }
        var permit = key.isPresent() ? null : permit(secret, begun.nonce());
        var code = input.read("Code on the box: ");
        var params = new AirgapProtocol.LiftParams(
                begun.nonce(), key.map(known -> known.signLift(begun.nonce())).orElse(""), code, permit);
        var gap = world.withPatience(
                "airgap", bus -> AirgapProtocol.Client.of(bus).lift(params).gap());
        answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, world));
        return gap.state() == GapState.OPEN ? ExitCode.OK : ExitCode.ERROR;
    }

    private String permit(String password, String nonce) {
        return new VaultSecrets(world)
                .prove(VaultSecrets.bytes(password), VaultSecrets.keyFile(keyFile), StepUpKey.LIFT_SESSION + nonce);
    }
}
