package omni.cli;

import java.nio.file.Path;
import java.util.Iterator;
import omni.vault.BackupsProtocol;
import omni.vault.BackupsProtocol.Progress;
import omni.vault.BackupsProtocol.TakeParams;
import omni.vault.BackupsProtocol.TakeReply;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni vault backup}: an encrypted copy of what the vault keeps, in a folder. */
@Command(
        name = "backup",
        description = {
            "Takes an encrypted snapshot of all that the vault keeps into a folder, such as one on a USB stick. Only what is not"
                    + " there yet is written; a run that was stopped goes on where it was.",
            "The password of the vault, or its recovery key, opens the backup on any box: omni vault restore.",
            "Where the disk that has the backups of that folder is not there, or another one, nothing is written."
        },
        footer = {"", "Example: omni vault backup /media/usb/omni", "Example: omni vault backup"})
final class VaultBackupCommand extends OmniCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "FOLDER",
            description = "Where to: empty, new, or with backups of this vault; by default that of omni.toml.")
    private @Nullable Path folder;

    @Option(
            names = "--git",
            description = "Keep the encrypted chunks of a new folder in a git repository, FOLDER/chunks.git.")
    private boolean git;

    @Option(
            names = "--new-disk",
            description = "Begin on another disk in the same place; the vault goes on knowing the one before.")
    private boolean newDisk;

    VaultBackupCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var params = new TakeParams(place(folder), git ? true : null, newDisk ? true : null);
        var done = world.withPatience("vault", bus -> {
            try (var line = new ProgressLine(world, json());
                    var replies = BackupsProtocol.Client.of(bus).takeMore(params)) {
                return last(replies, line);
            }
        });
        answer(
                done.toJson(),
                () -> "Snapshot " + done.snapshot() + ": " + Text.bytes(done.read()) + " read, "
                        + Text.bytes(done.written()) + " written.");
        return ExitCode.OK;
    }

    private static Progress last(Iterator<TakeReply> replies, ProgressLine line) {
        var now = new Progress(0L, 0L, null);
        while (replies.hasNext()) {
            now = replies.next().progress();
            if (now.snapshot() == null) {
                line.tell("", Text.bytes(now.read()) + " read, " + Text.bytes(now.written()) + " written", now::toJson);
            }
        }
        return now;
    }

    /** As the vault, which stands in a folder of its own, understands it. */
    static @Nullable String place(@Nullable Path folder) {
        if (folder == null) {
            return null;
        } else if (folder.toString().isEmpty()) {
            throw new CommandException(ExitCode.USAGE, "That names no folder.");
        }
        return folder.toAbsolutePath().normalize().toString();
    }
}
