package omni.cli;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
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
        var params = new VerifyParams(place, snapshot);
        var found = world.withPatience("vault", bus -> {
            try (var line = new ProgressLine(world, json());
                    var replies = BackupsProtocol.Client.of(bus).verifyMore(params)) {
                return last(replies, line);
            }
        });
        answer(found.toJson(), () -> text(found));
        return found.problems().isEmpty() ? ExitCode.OK : ExitCode.ERROR;
    }

    private static VerifyReply last(Iterator<VerifyReply> replies, ProgressLine line) {
        var now = new VerifyReply(0L, 0L, 0L, 0L, 0L, List.of());
        while (replies.hasNext()) {
            now = replies.next();
            if (now.snapshots() == 0) { // and so not the answer itself
                line.tell("", bar(now), now::toJson);
            }
        }
        return now;
    }

    private static String bar(VerifyReply now) {
        return ProgressLine.bar(now.chunks(), now.total(), Text.count(now.total(), "chunk")) + ", "
                + Text.bytes(now.bytes());
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
        if (!problems.isEmpty()) {
            text.append("   The next omni vault backup into that folder writes anew what the vault still has of it.\n");
        }
        return text.toString().stripTrailing();
    }
}
