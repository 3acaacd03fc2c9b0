package omni.cli;

import java.util.List;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.VerifyReply;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault verify}: whether all is as the vault has left it. */
@Command(
        name = "verify",
        description = {
            "Reads every page and text of an open vault and the log of what was done to it, and says what is not as it was"
                    + " left. Ends with 0 where all is whole.",
            "The last line is where the log ends. Kept away from this box and given back with --known, it shows whether the"
                    + " whole vault was put back to an earlier state."
        },
        footer = {"", "Example: omni vault verify", "Example: omni vault verify --known \"$(cat kept.txt)\""})
final class VaultVerifyCommand extends OmniCommand {
    @Option(
            names = "--known",
            paramLabel = "LINE",
            description = "Where the log ended at an earlier time, as this command printed it.")
    private @Nullable String known;

    VaultVerifyCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var found = world.withPatience(
                "vault", bus -> VaultProtocol.Client.of(bus).verify(new VaultProtocol.VerifyParams(known)));
        answer(found.toJson(), () -> text(found));
        return found.problems().isEmpty() ? ExitCode.OK : ExitCode.ERROR;
    }

    private static String text(VerifyReply found) {
        StringBuilder text = new StringBuilder(256);
        List<String> problems = found.problems();
        text.append(problems.isEmpty() ? "All is whole: " : Text.count(problems.size(), "problem") + " in ")
                .append(Text.count(found.pages(), "page"))
                .append(", ")
                .append(Text.count(found.texts(), "text"))
                .append(" and ")
                .append(Text.count(found.lines(), "line"))
                .append(" of the log.\n");
        problems.forEach(
                problem -> text.append("   ").append(Text.printable(problem)).append('\n'));
        return text.append(found.newest()).toString();
    }
}
