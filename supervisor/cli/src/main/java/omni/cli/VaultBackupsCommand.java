package omni.cli;

import java.nio.file.Path;
import java.time.Instant;
import omni.vault.BackupsProtocol;
import omni.vault.BackupsProtocol.ListParams;
import omni.vault.BackupsProtocol.ListReply;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni vault backups}: which snapshots there are. */
@Command(
        name = "backups",
        description = {
            "Lists the snapshots in a folder, for which no vault is needed; without one, all that the vault has taken and not"
                    + " forgotten, wherever their disk is now."
        },
        footer = {"", "Example: omni vault backups", "Example: omni vault backups /media/usb/omni --json"})
final class VaultBackupsCommand extends OmniCommand {
    @Parameters(arity = "0..1", paramLabel = "FOLDER", description = "Where to look.")
    private @Nullable Path folder;

    VaultBackupsCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var found = world.withPatience(
                "vault", bus -> BackupsProtocol.Client.of(bus).list(new ListParams(VaultBackupCommand.place(folder))));
        answer(found.toJson(), () -> text(found));
        return ExitCode.OK;
    }

    private static String text(ListReply found) {
        StringBuilder text = new StringBuilder(256);
        found.copies()
                .forEach(copy -> text.append(copy.snapshot())
                        .append("  ")
                        .append(Instant.parse(copy.taken()))
                        .append("  ")
                        .append(Text.printable(copy.target()))
                        .append('\n'));
        if (found.copies().isEmpty()) {
            text.append("There is no backup: take one with omni vault backup FOLDER.\n");
        }
        var trouble = found.trouble();
        if (trouble != null) {
            text.append("The last backup by schedule failed: ")
                    .append(Text.printable(trouble))
                    .append('\n');
        }
        return text.toString().stripTrailing();
    }
}
