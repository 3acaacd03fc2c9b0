package omni.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.Model;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni models import}: takes a GGUF file of this machine into the store. */
@Command(
        name = "import",
        description = {"Takes a model in a GGUF file of this machine into Omni's store."},
        footer = {"", "Example: omni models import ~/Downloads/model.gguf --name big --use"})
final class ModelsImportCommand extends OmniCommand {
    private static final Pattern SPLIT = Pattern.compile("(.+)-\\d{5}-of-(\\d{5})\\.gguf");
    private static final int PARTS_MAX = 512;

    @Parameters(
            paramLabel = "FILE",
            arity = "1..*",
            description = "The GGUF file, or all parts of a split model; the first part finds those beside it.")
    private List<Path> files = List.of();

    @Option(names = "--name", paramLabel = "NAME", description = "What to call it; by default as the file says.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--use", description = "Also make it the model that answers where none is named.")
    private boolean use;

    ModelsImportCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var paths =
                parts(files.stream().map(f -> f.toAbsolutePath().normalize()).toList());
        for (var path : paths) {
            if (!Files.isReadable(path) || !Files.isRegularFile(path)) {
                throw new CommandException(ExitCode.ERROR, "There is no file " + path + " that you may read.");
            }
        }
        var added = world.withPatience("engine", bus -> {
            var engine = EngineProtocol.Client.of(bus);
            var taken = take(engine, paths);
            if (use) {
                engine.use(new EngineProtocol.UseParams(taken.model().id()));
            }
            return taken;
        });
        var model = added.model();
        answer(
                model.toJson(),
                () -> "Added " + Text.printable(model.name()) + " (" + Text.bytes(model.sizeBytes()) + ", id "
                        + ModelsListCommand.shortId(model) + "), " + how(added.taken()) + "."
                        + (keepsItsName(model) ? " It keeps its name: add it under one name only." : "")
                        + (use ? "" : "\nLet it answer by default: omni models use " + Text.printable(model.name())));
        return ExitCode.OK;
    }

    private boolean keepsItsName(Model model) {
        return name.isPresent() && !name.get().equals(model.name());
    }

    private record Added(Model model, EngineProtocol.@Nullable ImportReplyTaken taken) {}

    private static String how(EngineProtocol.@Nullable ImportReplyTaken taken) {
        return switch (taken) {
            case null -> "taken in";
            case LINKED -> "as a link: whoever writes into the original damages it";
            case SHARED -> "sharing the original's blocks on the disk";
            case COPIED -> "as a copy";
            case KNOWN -> "which was there already";
        };
    }

    /** Of one part of a split model, as llama.cpp names them, all parts. */
    static List<Path> parts(List<Path> given) {
        var name = SPLIT.matcher(String.valueOf(given.getFirst().getFileName()));
        if (given.size() > 1 || !name.matches()) {
            return given;
        }
        var count = Integer.parseInt(name.group(2));
        return IntStream.rangeClosed(1, Math.min(count, PARTS_MAX))
                .mapToObj(i -> given.getFirst()
                        .resolveSibling(String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", name.group(1), i, count)))
                .toList();
    }

    private Added take(EngineProtocol.Client engine, List<Path> paths) {
        var parts = paths.stream()
                .map(path -> new EngineProtocol.ImportFile(path.toString(), null))
                .toList();
        var params = new EngineProtocol.ImportParams(parts, name.orElse(null), null, null, null, null);
        try (var progress = new ProgressLine(world, json());
                var replies = engine.import_More(params)) {
            while (replies.hasNext()) {
                var reply = replies.next();
                progress.show(reply.bytesDone(), reply.bytesTotal());
                var model = reply.model();
                if (model != null) {
                    return new Added(model, reply.taken());
                }
            }
        }
        throw new CommandException(
                ExitCode.ERROR, "The engine ended the import without a model: see omni logs engine.");
    }
}
