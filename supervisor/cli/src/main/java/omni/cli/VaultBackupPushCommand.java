package omni.cli;

import java.nio.file.Path;
import omni.fetch.FetchProtocol;
import omni.fetch.FetchProtocol.PushReply;
import omni.fetch.PushSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni vault backup-push}: the encrypted chunks of a backup go to a git repository elsewhere. */
@Command(
        name = "backup-push",
        description = {
            "Sends the encrypted chunks of a backup in git (omni vault backup --git) to another git repository, over https. Only"
                    + " what is not there yet is sent. A token for the host is given by omni models login HOST.",
            "What opens them stays: keep the files beside chunks.git elsewhere, too, where they can be destroyed. The password of"
                    + " the vault is asked for, for this push alone."
        },
        footer = {"", "Example: omni vault backup-push /media/usb/omni https://git.example/me/omni.git"})
final class VaultBackupPushCommand extends OmniCommand {
    private static final String CHUNKS = "chunks.git";

    @Parameters(index = "0", paramLabel = "FOLDER", description = "Of the backups.")
    private Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "ADDRESS", description = "An empty repository, or the one of the last push.")
    private String address = "";

    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    VaultBackupPushCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var repository = folder.toAbsolutePath().normalize().resolve(CHUNKS).toString();
        var secrets = new VaultSecrets(world);
        secrets.requireVault();
        var permit = secrets.prove(
                secrets.ask("Password: "), VaultSecrets.keyFile(keyFile), PushSession.of(repository, address));
        var done = new Fetching(world)
                .with(fetch -> push(fetch, new FetchProtocol.PushParams(repository, address, permit)));
        answer(
                Json.object().put("commit", done.commit()).put("sent", done.sent()),
                () -> Boolean.TRUE.equals(done.sent())
                        ? "Sent: " + address + " has the backup up to " + done.commit() + "."
                        : "Nothing to send: " + address + " has it all.");
        return ExitCode.OK;
    }

    private PushReply push(FetchProtocol.Client fetch, FetchProtocol.PushParams params) {
        try (var line = new ProgressLine(world, json());
                var replies = fetch.pushMore(params)) {
            while (replies.hasNext()) {
                var reply = replies.next();
                var now = reply.sending();
                if (now == null) {
                    return reply;
                }
                var of = now.total();
                line.tell(
                        now.task(),
                        Text.printable(now.task()) + ": " + now.done() + (of == null ? "" : " of " + of),
                        now::toJson);
            }
        }
        throw new CommandException(
                ExitCode.ERROR, "The push ended without a word: see omni logs fetch, and run it again.");
    }
}
