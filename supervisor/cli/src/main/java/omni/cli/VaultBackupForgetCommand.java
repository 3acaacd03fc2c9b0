package omni.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import omni.vault.BackupsProtocol;
import omni.vault.BackupsProtocol.ForgetParams;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni vault backup-forget}: destroys snapshots, or one conversation in all of them. */
@Command(
        name = "backup-forget",
        description = {
            "Destroys a snapshot in a folder of backups: its keys first, so that what is left of it, also in copies of its chunks,"
                    + " opens for nobody. With --conversation, one conversation in all snapshots there; with --over, the"
                    + " snapshots that the configuration does not keep.",
            "With --gone nothing is destroyed: for a disk that is lost or broken for good. What the vault has written in that folder,"
                    + " or that snapshot, and is not there now, is no longer among the backups that remain. Omni cannot check that it is"
                    + " gone: whoever has the disk and a password or recovery key that it was written under can still put it back.",
            "The password is asked for at the terminal, or read from standard input, one line."
        },
        footer = {
            "",
            "Example: omni vault backup-forget /media/usb/omni 20260301-120000.000-3f2a",
            "Example: omni vault backup-forget /media/usb/omni --conversation conv_0123",
            "Example: omni vault backup-forget /media/lost/omni --gone"
        })
final class VaultBackupForgetCommand extends OmniCommand {
    @Parameters(index = "0", paramLabel = "FOLDER", description = "Where the backups are.")
    private Path folder = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "SNAPSHOT", description = "The snapshot.")
    private @Nullable String snapshot;

    @Option(names = "--conversation", paramLabel = "ID", description = "The conversation, deleted here or not.")
    private @Nullable String conversation;

    @Option(names = "--over", description = "What backup_keep_days, _weeks and _months do not keep.")
    private boolean over;

    @Option(names = "--gone", description = "The disk is gone for good: list its backups no longer.")
    private boolean lost;

    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    VaultBackupForgetCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var named = (conversation != null ? 1 : 0) + (over ? 1 : 0) + (lost ? 1 : 0);
        if (named > 1 || (snapshot != null && named == 1 && !lost) || (snapshot == null && named == 0)) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "Name a snapshot, or --conversation ID, or --over, or --gone: one of them. --gone takes a snapshot, too.");
        }
        var place = Objects.requireNonNull(VaultBackupCommand.place(folder), "a folder is a place");
        var permit = new VaultSecrets(world).prove(VaultSecrets.keyFile(keyFile));
        var gone = world.withPatience(
                "vault",
                bus -> BackupsProtocol.Client.of(bus)
                        .forget(new ForgetParams(
                                place, snapshot, conversation, lost ? true : null, permit.permit(), permit.session())));
        answer(gone.toJson(), () -> text(gone.snapshots()));
        return ExitCode.OK;
    }

    private String text(List<String> snapshots) {
        var names = String.join(", ", snapshots) + ".";
        if (snapshots.isEmpty()) {
            return "There was nothing to forget.";
        } else if (lost) {
            return "No longer listed: " + names
                    + "\nNothing was destroyed, and Omni cannot check that they are gone: whoever has that"
                    + " disk, and a password or recovery key that\nthey were written under, can still put them back.";
        }
        return (conversation == null ? "Destroyed: " : "No longer in: ") + names;
    }
}
