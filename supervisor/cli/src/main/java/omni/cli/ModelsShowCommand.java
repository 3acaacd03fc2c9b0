package omni.cli;

import java.time.Instant;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.NoSuchModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models show}: all that is known of one model. */
@Command(
        name = "show",
        description = {"Shows all that is known of one model."},
        footer = {"", "Example: omni models show omni-seed"})
final class ModelsShowCommand extends OmniCommand {
    private static final int ID_CHARACTERS_MIN = 6;

    @Parameters(paramLabel = "MODEL", description = "The model's name, or its id or the beginning of it.")
    private String model = "";

    ModelsShowCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var models = ModelsListCommand.models(world).models();
        var found = models.stream()
                .filter(m ->
                        m.name().equals(model) || (model.length() >= ID_CHARACTERS_MIN && m.id().startsWith(model)))
                .findFirst()
                .orElseThrow(() ->
                        new NoSuchModel(model, models.stream().map(Model::name).toList()));
        answer(found.toJson(), () -> text(found));
        return ExitCode.OK;
    }

    private static String text(Model m) {
        var text = new StringBuilder(256);
        line(text, "name", Text.printable(m.name()));
        line(text, "id", m.id() + " (SHA-256 of the file)");
        line(text, "size", Text.bytes(m.sizeBytes()));
        line(text, "added", Instant.ofEpochSecond(m.created()).toString());
        line(text, "architecture", m.architecture() == null ? null : Text.printable(m.architecture()));
        line(text, "parameters", m.parameters());
        line(text, "context", m.trainedContextTokens() == null ? null : m.trainedContextTokens() + " tokens");
        line(text, "embedding", m.embeddingLength() == null ? null : m.embeddingLength() + " numbers");
        line(text, "default", m.isDefault() ? "yes" : "no");
        line(text, "loaded", m.loaded() ? "yes" : "no");
        if (m.seed()) {
            line(text, "origin", "comes with Omni, small on purpose");
        }
        return text.toString().stripTrailing();
    }

    /** What is known only once the model is loaded may be missing. */
    private static void line(StringBuilder text, String name, @Nullable Object value) {
        if (value != null) {
            text.append(Text.pad(name, 14)).append(value).append('\n');
        }
    }
}
