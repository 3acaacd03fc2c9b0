package omni.cli;

import java.nio.file.Path;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.BeginStepUpReply;
import omni.airgap.StepUpKey;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni key step-up}: makes the key that lifts a gap, and shows it once. */
@Command(
        name = "step-up",
        description = {
            "Makes the key that lifts the air gap and prints it, this once: Omni keeps only its public half. It is no key"
                    + " of the HTTP API.",
            "Where there is one already, that one is asked for, at the terminal or from standard input: only it can name"
                    + " what else lifts."
        },
        footer = {"", "Example: omni key step-up", "Example: omni key step-up --password"})
final class KeyStepUpCommand extends OmniCommand {
    KeyStepUpCommand(World world) {
        super(world);
    }

    @Option(
            names = "--password",
            negatable = true,
            description =
                    "Makes no key: from now on the vault's password lifts the gap beside the key, or no longer. While"
                            + " the gap is open.")
    private @Nullable Boolean password;

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "The file that is needed beside the vault's password.")
    private @Nullable Path keyFile;

    @Override
    ExitCode run() {
        var begun = world.with(
                "airgap", bus -> AirgapProtocol.Client.of(bus).beginStepUp(new AirgapProtocol.BeginStepUpParams()));
        if (password == null) {
            return makeKey(begun);
        }
        if (!begun.needed()) {
            throw new CommandException(
                    ExitCode.REFUSED,
                    "There is no step-up key, by which alone a gap is lifted where Omni does not run. Make one first: omni key"
                            + " step-up.");
        }
        return password ? acceptPassword(begun) : refusePassword(begun);
    }

    private ExitCode makeKey(BeginStepUpReply begun) {
        var fresh = StepUpKey.make();
        var signature = begun.needed() ? signature(begun, fresh.publicKey()) : null;
        var params = new AirgapProtocol.SetStepUpParams(fresh.publicKey(), begun.nonce(), signature);
        answer(Json.object().put("key", fresh.text()), fresh::text);
        if (world.out().checkError()) { // before it is the only one that lifts
            throw new CommandException(
                    ExitCode.ERROR,
                    "The key could not be written to where it was to go: it is not taken, and nothing has changed.");
        }
        take(params);
        if (!json()) {
            world.err()
                    .println("Keep it now, away from this box: it cannot be shown again, and without it nobody lifts"
                            + " the gap.");
        }
        return ExitCode.OK;
    }

    /** The key has been shown by now, which says nothing of whether it lifts. */
    private void take(AirgapProtocol.SetStepUpParams params) {
        try {
            world.with("airgap", bus -> AirgapProtocol.Client.of(bus).setStepUp(params));
        } catch (RuntimeException e) {
            world.err().println("The key that was shown is not taken: throw it away.");
            throw e;
        }
    }

    private ExitCode acceptPassword(BeginStepUpReply begun) {
        var signature = signature(begun, StepUpKey.PASSWORD);
        var params = new AirgapProtocol.AcceptPasswordParams(permit(), begun.nonce(), signature);
        world.with("airgap", bus -> AirgapProtocol.Client.of(bus).acceptPassword(params));
        answer(
                Json.object().put("accepted", true),
                () -> "From now on the vault's password lifts the air gap, with the code on the box.");
        return ExitCode.OK;
    }

    private ExitCode refusePassword(BeginStepUpReply begun) {
        var signature = signature(begun, StepUpKey.NO_PASSWORD);
        var params = new AirgapProtocol.RefusePasswordParams(begun.nonce(), signature);
        world.with("airgap", bus -> AirgapProtocol.Client.of(bus).refusePassword(params));
        answer(Json.object().put("accepted", false), () -> "From now on only the step-up key lifts the air gap.");
        return ExitCode.OK;
    }

    private String permit() {
        var secrets = new VaultSecrets(world);
        return secrets.prove(secrets.ask("Password: "), VaultSecrets.keyFile(keyFile), StepUpKey.ACCEPT_SESSION);
    }

    /** Of what is named next, by the key that there is. */
    private String signature(BeginStepUpReply begun, String next) {
        return StepUpKey.read(new SecretInput(world).read("The step-up key until now: "))
                .orElseThrow(() ->
                        new CommandException(ExitCode.USAGE, "That is no step-up key: it begins with omni-step-up-."))
                .signStepUp(begun.nonce(), next);
    }
}
