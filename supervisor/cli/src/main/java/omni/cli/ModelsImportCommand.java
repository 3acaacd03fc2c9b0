package omni.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni models import}: takes a GGUF file of this machine into the store. */
@Command(
        name = "import",
        description = {"Copies a model in a GGUF file of this machine into Omni's store."},
        footer = {"", "Example: omni models import ~/Downloads/model.gguf --name big --use"})
final class ModelsImportCommand extends OmniCommand {
    private static final int BAR_CHARACTERS = 30;

    @Parameters(paramLabel = "FILE", description = "The GGUF file.")
    private Path file = Path.of("");

    @Option(names = "--name", paramLabel = "NAME", description = "What to call it; by default as the file says.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--use", description = "Also make it the model that answers where none is named.")
    private boolean use;

    ModelsImportCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var path = file.toAbsolutePath().normalize();
        if (!Files.isReadable(path) || !Files.isRegularFile(path)) {
            throw new CommandException(ExitCode.ERROR, "There is no file " + path + " that you may read.");
        }
        var model = world.withPatience("engine", bus -> {
            var engine = EngineProtocol.Client.of(bus);
            var added = take(engine, path);
            if (use) {
                engine.use(new EngineProtocol.UseParams(added.id()));
            }
            return added;
        });
        answer(
                model.toJson(),
                () -> "Added " + Text.printable(model.name()) + " ("
                        + Text.bytes(model.sizeBytes()) + ", id " + ModelsListCommand.shortId(model) + ")."
                        + (use ? "" : "\nLet it answer by default: omni models use " + Text.printable(model.name())));
        return ExitCode.OK;
    }

    private Model take(EngineProtocol.Client engine, Path path) {
        var shown = world.isTerminal(2) && !json();
        try (var replies = engine.import_More(new EngineProtocol.ImportParams(
                List.of(new EngineProtocol.ImportFile(path.toString(), null)),
                name.orElse(null),
                null,
                null,
                null,
                null))) {
            while (replies.hasNext()) {
                var reply = replies.next();
                if (shown) {
                    world.err().print("\r" + bar(reply.bytesDone(), reply.bytesTotal()));
                    world.err().flush();
                }
                var model = reply.model();
                if (model != null) {
                    return model;
                }
            }
        } finally {
            if (shown) {
                world.err().print("\r\u001b[K");
                world.err().flush();
            }
        }
        throw new CommandException(
                ExitCode.ERROR, "The engine ended the import without a model: see omni logs engine.");
    }

    static String bar(long done, long total) {
        var part = total <= 0 ? 0.0 : Math.min(1.0, (double) done / total);
        var full = (int) (part * BAR_CHARACTERS);
        return "[" + "#".repeat(full) + " ".repeat(BAR_CHARACTERS - full) + "] " + (int) (part * 100) + " % of "
                + Text.bytes(total);
    }
}
