package omni.cli;

import java.nio.file.Path;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault rotate}: new data keys. */
@Command(
        name = "rotate",
        description = {
            "Makes new data keys for an open vault, puts the records under them while it serves, and destroys the old ones.",
            "The password is asked for at the terminal, or read from standard input, one line. It takes about ten seconds, and longer"
                    + " the more is kept; interrupted, it is simply run again."
        },
        footer = {"", "Example: omni vault rotate"})
final class VaultRotateCommand extends OmniCommand {
    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    VaultRotateCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireVault();
        secrets.call(Verb.ROTATE, secrets.ask("Password: "), file);
        answer(Json.object().put("rotated", true), () -> "The vault has new keys.");
        return ExitCode.OK;
    }
}
