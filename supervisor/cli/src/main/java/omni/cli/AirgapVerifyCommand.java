package omni.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import omni.airgap.Proof;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni airgap verify}: checks a proof; needs no running Omni and no network. */
@Command(
        name = "verify",
        description = {
            "Checks a proof that omni airgap prove made, on this or any other machine, and says what it shows and what it"
                    + " does not. Ends with 0 when nothing is wrong with it."
        },
        footer = {
            "",
            "Example: omni airgap verify proof.json --box iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
            "Example: omni airgap verify proof.json --checkpoint last-month.txt",
            "Example: omni airgap verify proof.json --witness omni.witness/5e…+1f…+BA…"
        })
final class AirgapVerifyCommand extends OmniCommand {
    @Parameters(paramLabel = "FILE", description = "The proof.")
    private Path file = Path.of("");

    @Option(
            names = "--box",
            paramLabel = "KEY",
            description = "The key of the box that it must be of, as omni airgap status and omni airgap prove show it.")
    private Optional<String> box = Optional.empty();

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description =
                    "An older checkpoint of the same box that was kept elsewhere, cosigned or not: shows that none of"
                            + " its records was cut off.")
    private Optional<Path> older = Optional.empty();

    @Option(
            names = "--witness",
            paramLabel = "NAME+HASH+KEY",
            description =
                    "Who must have cosigned a checkpoint, in the proof or in --checkpoint: as omni airgap cosign shows"
                            + " it. May be given several times.")
    private List<String> witnesses = List.of();

    AirgapVerifyCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var kept = older.map(NoteFile::read);
        Proof.Verdict verdict;
        try (var proof = Files.newInputStream(file)) {
            verdict = Proof.verify(proof, box, kept, witnesses);
        } catch (IOException e) {
            throw new CommandException(ExitCode.USAGE, file + " cannot be read.", e);
        }
        var json = Json.object().put("valid", verdict.problems().isEmpty());
        json.put("box", verdict.box())
                .put("key", verdict.key())
                .put("records", verdict.records())
                .put("held", verdict.held());
        json.put("counted", verdict.counted());
        var cosigned = json.putArray("cosigned");
        verdict.cosigned()
                .forEach(one -> cosigned.addObject()
                        .put("witness", one.witness())
                        .put("time", one.time().toString())
                        .put("records", one.records()));
        var problems = json.putArray("problems");
        verdict.problems().forEach(problems::add);
        var shown = json.putArray("shown");
        verdict.shown().forEach(shown::add);
        var not = json.putArray("notShown");
        verdict.notShown().forEach(not::add);
        answer(json, () -> text(verdict));
        return verdict.problems().isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private String text(Proof.Verdict verdict) {
        var text = new StringBuilder(512);
        if (!verdict.problems().isEmpty()) {
            text.append(world.style().red("This proof does not hold:")).append('\n');
            verdict.problems().forEach(line -> line(text, line));
            return text.toString().stripTrailing();
        }
        text.append(world.style().green("This proof holds: "))
                .append(Text.count(verdict.records(), "record"))
                .append(" of ")
                .append(Text.printable(verdict.box()))
                .append(".\nIt shows\n");
        verdict.shown().forEach(line -> line(text, line));
        text.append("It does not show\n");
        verdict.notShown().forEach(line -> line(text, line));
        return text.toString().stripTrailing();
    }

    private static void line(StringBuilder text, String line) {
        text.append("   ").append(Text.printable(line)).append('\n');
    }
}
