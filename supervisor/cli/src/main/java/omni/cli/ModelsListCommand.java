package omni.cli;

import java.util.List;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.Model;
import picocli.CommandLine.Command;

/** {@code omni models list}: every model, the default first in the eye. */
@Command(
        name = "list",
        description = {"Lists the models: * marks the one that answers where none is named."},
        footer = {"", "Example: omni models list --json"})
final class ModelsListCommand extends OmniCommand {
    private static final int ID_CHARACTERS = 12;

    ModelsListCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        return list(this);
    }

    static ExitCode list(OmniCommand command) {
        var models = models(command.world);
        command.answer(models.toJson(), () -> {
            var text = new StringBuilder();
            for (var model : models.models()) {
                text.append(model.isDefault() ? "* " : "  ");
                text.append(Text.pad(Text.printable(model.name()), 32)).append(' ');
                text.append(Text.pad(shortId(model), ID_CHARACTERS + 2));
                text.append(Text.pad(Text.bytes(model.sizeBytes()), 10));
                text.append(String.join(", ", words(model))).append('\n');
            }
            return text.isEmpty()
                    ? "There is no model; add one with `omni models import FILE`."
                    : text.toString().stripTrailing();
        });
        return ExitCode.OK;
    }

    static EngineProtocol.ModelsReply models(World world) {
        return world.with("engine", bus -> EngineProtocol.Client.of(bus).models(new EngineProtocol.ModelsParams()));
    }

    static String shortId(Model model) {
        return model.id().substring(0, Math.min(ID_CHARACTERS, model.id().length()));
    }

    private static List<String> words(Model model) {
        var words = new java.util.ArrayList<String>();
        if (model.loaded()) {
            words.add("loaded");
        }
        if (model.pinned()) {
            words.add("pinned");
        }
        if (model.state() == EngineProtocol.ModelState.DAMAGED) {
            words.add("damaged, set aside");
        }
        if (model.seed()) {
            words.add("comes with Omni, small on purpose");
        }
        return words;
    }
}
