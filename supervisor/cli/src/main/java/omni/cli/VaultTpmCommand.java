package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni vault tpm}: whether this machine's TPM is needed beside the password. */
@Command(
        name = "tpm",
        description = {
            "With \"on\", the TPM of this machine is needed beside the password from now on: a copy of the vault opens nowhere else,"
                    + " and the TPM itself counts wrong passwords. With \"off\" it is not needed any more.",
            "The password is asked for at the terminal, or read from standard input, one line. The recovery key opens without"
                    + " the TPM; a password that it sets has none."
        },
        footer = {"", "Example: omni vault tpm on"})
final class VaultTpmCommand extends OmniCommand {
    /** Whether it is needed. */
    enum Need {
        on,
        off
    }

    @Parameters(paramLabel = "on|off", description = "Whether the TPM is needed.")
    private Need need = Need.on;

    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    VaultTpmCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireVault();
        boolean on = need == Need.on;
        secrets.call(on ? Verb.BIND_TPM : Verb.UNBIND_TPM, secrets.ask("Password: "), file);
        answer(
                Json.object().put("tpm", on),
                () -> on ? "The TPM is needed beside the password from now on." : "The TPM is not needed any more.");
        return ExitCode.OK;
    }
}
