package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault unlock}: opens the vault by the password. */
@Command(
        name = "unlock",
        description = {
            "Unlocks the vault. The password is asked for at the terminal, or read from standard input, one line; judging it"
                    + " takes about a second. A wrong one says how long the next try has to wait; until then none is judged."
        },
        footer = {"", "Example: omni vault unlock", "Example: omni vault unlock --key-file /media/usb/omni.key"})
final class VaultUnlockCommand extends OmniCommand {
    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    VaultUnlockCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireVault();
        secrets.call(Verb.UNLOCK, secrets.ask("Password: "), file);
        return VaultStatusCommand.show(this);
    }
}
