package omni.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
                    + " whole vault was put back to an earlier state.",
            "With --offline no process of Omni may run: the vault's files are checked as they lie, and none of them is opened for"
                    + " writing. The password, or the recovery key, is asked for at the terminal, or read from standard input, one"
                    + " line. The records are copied, encrypted as they are, into a folder below TMPDIR for that time; where that"
                    + " is on a disk, its free blocks keep them."
        },
        footer = {
            "",
            "Example: omni vault verify",
            "Example: omni vault verify --known \"$(cat kept.txt)\"",
            "Example: omni vault verify --offline"
        })
final class VaultVerifyCommand extends OmniCommand {
    @Option(
            names = "--known",
            paramLabel = "LINE",
            description = "Where the log ended at an earlier time, as this command printed it.")
    private @Nullable String known;

    @Option(names = "--offline", description = "Check a vault whose Omni does not run.")
    private boolean offline;

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "The key file that belongs to the password, with --offline.")
    private @Nullable Path keyFile;

    @Option(
            names = "--recovery-key",
            description = "Ask for the recovery key in the place of the password, with --offline.")
    private boolean byRecoveryKey;

    VaultVerifyCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        if (!offline && (keyFile != null || byRecoveryKey)) {
            throw new CommandException(
                    ExitCode.USAGE, "An open vault is verified without a secret: leave it out, or add --offline.");
        }
        var found = offline
                ? new OfflineVerify(world).run(byRecoveryKey, keyFile, Optional.ofNullable(known))
                : world.withPatience(
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
