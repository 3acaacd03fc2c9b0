package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault recovery-key}: makes another recovery key, and prints it once. */
@Command(
        name = "recovery-key",
        description = {
            "Makes another recovery key and prints it, this once; the one before opens nothing any more.",
            "The password is asked for at the terminal, or read from standard input, one line."
        },
        footer = {"", "Example: omni vault recovery-key"})
final class VaultRecoveryKeyCommand extends OmniCommand {
    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    VaultRecoveryKeyCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireVault();
        show(this, secrets.call(Verb.NEW_RECOVERY_KEY, secrets.ask("Password: "), file));
        return ExitCode.OK;
    }

    /** Prints it on standard output, and what to do with it on standard error. */
    static void show(OmniCommand command, String recovery) {
        command.answer(Json.object().put("recoveryKey", recovery), () -> recovery);
        if (!command.json()) {
            command.world
                    .err()
                    .println(
                            "This is the recovery key. Write it down and keep it away from this box: it is not shown again, and"
                                    + " without it a lost password is final.");
        }
    }
}
