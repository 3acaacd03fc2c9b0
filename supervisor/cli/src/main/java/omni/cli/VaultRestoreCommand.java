package omni.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import omni.vault.SecretCall.Part;
import omni.vault.SecretCall.Progress;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni vault restore}: puts a backup back where there is no vault. */
@Command(
        name = "restore",
        description = {
            "Puts a snapshot back where there is no vault, and unlocks it. The password that the vault had at its last backup is"
                    + " asked for at the terminal, or read from standard input, one line; with --recovery-key the recovery key"
                    + " instead, after which omni vault recover sets another password."
        },
        footer = {
            "",
            "Example: omni vault restore /media/usb/omni",
            "Example: omni vault restore /media/usb/omni 20260301-120000.000-3f2a --recovery-key"
        })
final class VaultRestoreCommand extends OmniCommand {
    @Parameters(index = "0", paramLabel = "FOLDER", description = "Where the backups are.")
    private Path folder = Path.of("");

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SNAPSHOT",
            description = "One of them; by default the newest.")
    private @Nullable String snapshot;

    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    @Option(names = "--recovery-key", description = "Ask for the recovery key in the place of the password.")
    private boolean byRecoveryKey;

    VaultRestoreCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var none = ByteBuffer.allocate(0);
        var file = VaultSecrets.keyFile(keyFile);
        var secret = secrets.ask(byRecoveryKey ? "Recovery key: " : "Password: ");
        try (var line = new ProgressLine(world, json())) {
            secrets.call(
                    Verb.RESTORE,
                    now -> tell(line, now),
                    text(VaultBackupCommand.place(folder)),
                    text(snapshot == null ? "" : snapshot),
                    byRecoveryKey ? none : secret,
                    file,
                    byRecoveryKey ? secret : none);
        }
        return VaultStatusCommand.show(this);
    }

    private static void tell(ProgressLine line, Progress now) {
        var part = now.part().name().toLowerCase(Locale.ROOT);
        var all = now.part() == Part.FILES ? Text.bytes(now.total()) : String.format(Locale.ROOT, "%,d", now.total());
        line.tell(
                part,
                "%-8s".formatted(part) + ProgressLine.bar(now.done(), now.total(), all),
                () -> Json.object().put("part", part).put("done", now.done()).put("total", now.total()));
    }

    private static ByteBuffer text(@Nullable String text) {
        return ByteBuffer.wrap(Objects.requireNonNullElse(text, "").getBytes(StandardCharsets.UTF_8));
    }
}
