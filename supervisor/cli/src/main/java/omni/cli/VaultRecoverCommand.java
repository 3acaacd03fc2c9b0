package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault recover}: opens the vault by the recovery key, under a new password. */
@Command(
        name = "recover",
        description = {
            "Sets a new password by the recovery key, where the old one is lost, and unlocks the vault. Both are asked for at"
                    + " the terminal, or read from standard input: first the recovery key, then the new password, a line"
                    + " each."
        },
        footer = {"", "Example: omni vault recover"})
final class VaultRecoverCommand extends OmniCommand {
    @Option(
            names = "--new-key-file",
            paramLabel = "FILE",
            description = "The file that is needed beside the new password; without it, none is.")
    private @Nullable Path newKeyFile;

    VaultRecoverCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var newFile = VaultSecrets.keyFile(newKeyFile);
        secrets.requireVault();
        var recovery = secrets.ask("Recovery key: ");
        secrets.call(Verb.RECOVER, recovery, secrets.askNew("New password: "), newFile);
        return VaultStatusCommand.show(this);
    }
}
