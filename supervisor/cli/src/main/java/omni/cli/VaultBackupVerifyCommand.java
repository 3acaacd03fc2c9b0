package omni.cli;

import java.nio.file.Path;
import java.util.Objects;
import omni.vault.BackupsProtocol;
import omni.vault.BackupsProtocol.VerifyParams;
import omni.vault.BackupsProtocol.VerifyReply;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni vault backup-verify}: whether backups are as they were written. */
@Command(
        name = "backup-verify",
        description = {
            "Reads and opens every byte of the backups in a folder, without putting anything back, and says what is not as it"
                    + " was written, or gone. Ends with 0 where all is whole."
        },
        footer = {"", "Example: omni vault backup-verify /media/usb/omni"})
final class VaultBackupVerifyCommand extends OmniCommand {
    @Parameters(index = "0", paramLabel = "FOLDER", description = "Where they are.")
    private Path folder = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "SNAPSHOT", description = "One of them; by default all.")
    private @Nullable String snapshot;

    VaultBackupVerifyCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var place = Objects.requireNonNull(VaultBackupCommand.place(folder), "a folder is a place");
        var found = world.withPatience(
                "vault", bus -> BackupsProtocol.Client.of(bus).verify(new VerifyParams(place, snapshot)));
        answer(found.toJson(), () -> text(found));
        return found.problems().isEmpty() ? ExitCode.OK : ExitCode.ERROR;
    }

    private static String text(VerifyReply found) {
        StringBuilder text = new StringBuilder(256);
        var problems = found.problems();
        text.append(problems.isEmpty() ? "All is whole: " : Text.count(problems.size(), "problem") + " in ")
                .append(Text.count(found.snapshots(), "snapshot"))
                .append(", ")
                .append(Text.count(found.chunks(), "chunk"))
                .append(" with ")
                .append(Text.bytes(found.bytes()))
                .append(".\n");
        problems.forEach(
                problem -> text.append("   ").append(Text.printable(problem)).append('\n'));
        if (found.left() > 0) {
            text.append("   ")
                    .append(Text.count(found.left(), "chunk"))
                    .append(" of a backup that was stopped: the next one takes or removes them\n");
        }
        return text.toString().stripTrailing();
    }
}
