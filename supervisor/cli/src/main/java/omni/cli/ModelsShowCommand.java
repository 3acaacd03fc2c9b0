package omni.cli;

import java.time.Instant;
import java.util.Optional;
import omni.engine.EngineProtocol;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni models show}: all that is known of one model. */
@Command(
        name = "show",
        description = {"Shows all that is known of one model."},
        footer = {"", "Example: omni models show omni-seed"})
final class ModelsShowCommand extends OmniCommand {
    @Parameters(paramLabel = "MODEL", description = "The model's name, or its id or the beginning of it.")
    private String model = "";

    @Option(
            names = "--context",
            paramLabel = "TOKENS",
            description = "Reckon the memory for so many tokens; by default as many as the settings give.")
    private Optional<Long> context = Optional.empty();

    ModelsShowCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var shown = world.with(
                "engine",
                bus -> EngineProtocol.Client.of(bus).show(new EngineProtocol.ShowParams(model, context.orElse(null))));
        answer(shown.toJson(), () -> text(shown));
        return ExitCode.OK;
    }

    private static String text(EngineProtocol.ShowReply shown) {
        var m = shown.model();
        var details = shown.details();
        var text = new StringBuilder(256);
        line(text, "name", Text.printable(m.name()));
        line(
                text,
                "id",
                m.id() + (details.files().size() == 1 ? " (SHA-256 of the file)" : " (of the parts' SHA-256)"));
        line(text, "size", Text.bytes(m.sizeBytes()) + parts(details.files().size()));
        line(text, "added", Instant.ofEpochSecond(m.created()).toString());
        line(text, "source", details.source() == null ? null : source(details.source()));
        line(text, "licence", details.licence() == null ? "not stated" : Text.printable(details.licence()));
        line(text, "version", details.version() == null ? null : Text.printable(details.version()));
        line(text, "architecture", m.architecture() == null ? null : Text.printable(m.architecture()));
        line(text, "weights", m.quantization());
        line(text, "parameters", m.parameters());
        line(text, "context", m.trainedContextTokens() == null ? null : m.trainedContextTokens() + " tokens");
        line(text, "embedding", m.embeddingLength() == null ? null : m.embeddingLength() + " numbers");
        line(text, "template", details.template() == null ? null : "its own, not the file's");
        line(text, "default", m.isDefault() ? "yes" : "no");
        line(text, "loaded", m.loaded() ? "yes" : "no");
        line(text, "pinned", m.pinned() ? "yes" : "no");
        if (m.state() == EngineProtocol.ModelState.DAMAGED) {
            line(text, "state", "damaged: it is never loaded; remove it and get it again");
        }
        line(text, "memory", shown.fit() == null ? null : memory(shown.fit()));
        if (shown.fit() != null) {
            shown.fit().advice().forEach(advice -> line(text, "", advice));
        }
        if (m.seed()) {
            line(text, "origin", "comes with Omni, small on purpose");
        }
        return text.toString().stripTrailing();
    }

    private static String parts(int count) {
        return count == 1 ? "" : " in " + count + " parts";
    }

    private static String source(EngineProtocol.Source source) {
        var kind = switch (source.kind()) {
            case FILE -> "file";
            case HUGGINGFACE -> "Hugging Face";
            case OLLAMA -> "Ollama registry";
            case OCI -> "OCI registry";
            case URL -> "URL";
        };
        return kind + ", " + Text.printable(source.name())
                + (source.revision() == null ? "" : " at " + Text.printable(source.revision()));
    }

    private static String memory(EngineProtocol.ModelFit fit) {
        return Text.bytes(fit.weightBytes() + fit.cacheBytes() + fit.computeBytes()) + " with "
                + fit.contextTokens() + " tokens (weights " + Text.bytes(fit.weightBytes()) + ", cache "
                + Text.bytes(fit.cacheBytes()) + ", computing " + Text.bytes(fit.computeBytes()) + ") of "
                + Text.bytes(fit.availableBytes()) + " free: " + (fit.fits() ? "fits" : "does not fit");
    }

    /** What is known only once the model is loaded may be missing. */
    private static void line(StringBuilder text, String name, @Nullable Object value) {
        if (value != null) {
            text.append(Text.pad(name, 14)).append(value).append('\n');
        }
    }
}
