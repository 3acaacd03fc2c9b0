package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault init}: makes the vault, and prints its recovery key once. */
@Command(
        name = "init",
        description = {
            "Makes the vault under a new password, unlocks it, and prints the recovery key, this once.",
            "The password is asked for at the terminal, or read from standard input, one line. Whoever has lost both the"
                    + " password and the recovery key has lost what is in the vault: nobody can open it."
        },
        footer = {"", "Example: omni vault init", "Example: omni vault init --key-file /media/usb/omni.key"})
final class VaultInitCommand extends OmniCommand {
    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "A file that is needed beside the password from now on, such as one on a USB stick.")
    private @Nullable Path keyFile;

    @Option(
            names = "--tpm",
            description =
                    "The TPM of this machine is needed beside the password from now on, as omni vault tpm on does.")
    private boolean tpm;

    VaultInitCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireNone();
        var verb = tpm ? Verb.CREATE_WITH_TPM : Verb.CREATE;
        VaultRecoveryKeyCommand.show(this, secrets.call(verb, secrets.askNew("New password: "), file));
        return ExitCode.OK;
    }
}
