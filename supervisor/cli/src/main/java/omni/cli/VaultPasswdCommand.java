package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault passwd}: another password. */
@Command(
        name = "passwd",
        description = {
            "Sets another password. Both are asked for at the terminal, or read from standard input: first the old one, then"
                    + " the new one, a line each. The recovery key stays."
        },
        footer = {"", "Example: omni vault passwd"})
final class VaultPasswdCommand extends OmniCommand {
    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the old password.")
    private @Nullable Path keyFile;

    @Option(
            names = "--new-key-file",
            paramLabel = "FILE",
            description = "The file that is needed beside the new password; without it, none is.")
    private @Nullable Path newKeyFile;

    VaultPasswdCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireVault();
        var newFile = VaultSecrets.keyFile(newKeyFile);
        var old = secrets.ask("Password until now: ");
        secrets.call(Verb.CHANGE_PASSWORD, old, file, secrets.askNew("New password: "), newFile);
        answer(Json.object().put("changed", true), () -> "The password is changed.");
        return ExitCode.OK;
    }
}
