package omni.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import omni.bus.BusException;
import omni.vault.SecretCall.Lost;
import omni.vault.SecretCall.Part;
import omni.vault.SecretCall.Progress;
import omni.vault.SecretCall.Verb;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code omni vault restore}: puts a backup back where there is no vault. */
@Command(
        name = "restore",
        description = {
            "Puts a snapshot back where there is no vault, and unlocks it. The password that the vault had at its last backup is"
                    + " asked for at the terminal, or read from standard input, one line; with --recovery-key the recovery key"
                    + " instead, after which omni vault recover sets another password.",
            "A snapshot that is damaged is refused, and there is no vault, as before: take another one, or with"
                    + " --what-can-be-read all of it that is whole. What is not is then named, and the command ends with 7."
        },
        footer = {
            "",
            "Example: omni vault restore /media/usb/omni",
            "Example: omni vault restore /media/usb/omni 20260301-120000.000-3f2a --recovery-key",
            "Example: omni vault restore /media/usb/omni --what-can-be-read"
        })
final class VaultRestoreCommand extends OmniCommand {
    private static final String KEYS =
            "API keys of this box that were not known to that vault reach nothing of it until you accept them: omni key list"
                    + " marks them, and omni key accept ID takes one. Accept none that you did not make yourself.";

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

    @Option(
            names = "--what-can-be-read",
            description = "Leave out what of a damaged snapshot cannot be read, and name it.")
    private boolean whatCanBeRead;

    VaultRestoreCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var none = ByteBuffer.allocate(0);
        var file = VaultSecrets.keyFile(keyFile);
        var secret = secrets.ask(byRecoveryKey ? "Recovery key: " : "Password: ");
        List<Lost> lost = new ArrayList<>();
        try (var line = new ProgressLine(world, json())) {
            secrets.call(
                    whatCanBeRead ? Verb.SALVAGE : Verb.RESTORE,
                    now -> tell(line, now),
                    lost::add,
                    text(VaultBackupCommand.place(folder)),
                    text(snapshot == null ? "" : snapshot),
                    byRecoveryKey ? none : secret,
                    file,
                    byRecoveryKey ? secret : none);
        } finally { // what is named is put back, whatever becomes of the rest of the answer
            say(lost);
        }
        if (!json()) {
            world.err().println(KEYS);
        }
        return lost.isEmpty() ? VaultStatusCommand.show(this) : incomplete();
    }

    private void say(List<Lost> lost) {
        if (!lost.isEmpty()) {
            var json = Json.object();
            var list = json.putArray("lost");
            lost.forEach(each -> list.add(json(each)));
            answer(json, () -> text(lost));
            world.out().flush();
        }
    }

    private ExitCode incomplete() {
        try {
            var _ = VaultStatusCommand.show(this);
        } catch (BusException e) { // nothing to try again: it is put back
            world.err()
                    .println("It is put back; how the vault stands is not known. "
                            + new Failures(world).explain(e).message());
        }
        return ExitCode.INCOMPLETE;
    }

    private static ObjectNode json(Lost lost) {
        var json = Json.object().put("kind", lost.kind()).put("count", lost.count());
        return lost.name().isEmpty() ? json : json.put("name", lost.name());
    }

    private static String text(List<Lost> lost) {
        var text = new StringBuilder(256).append("All was put back but for what could not be read:");
        for (var each : lost) {
            text.append("\n   ").append(Text.printable(sentence(each)));
        }
        return text.toString();
    }

    private static String sentence(Lost lost) {
        var count = lost.count();
        return switch (lost.kind()) {
            case "conversations" -> Text.count(count, "conversation");
            case "items" ->
                Text.count(count, "item")
                        + (lost.name().isEmpty() ? " of these conversations" : " of the conversation " + lost.name());
            case "responses" -> Text.count(count, "stored response");
            case "memories" -> count + (count == 1 ? " memory" : " memories");
            case "provider_secrets" -> Text.count(count, "secret") + " of providers";
            case "settings" -> Text.count(count, "setting");
            case "audit" -> Text.count(count, "line") + " of the log";
            case "files" -> "the file " + lost.name();
            case "identity" -> "what unlocks it is not as it was written: set the password and the recovery key anew";
            default -> count + " of " + lost.kind();
        };
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
