package omni.cli;

import java.util.List;
import java.util.Optional;
import omni.api.FetchedModel;
import omni.engine.EngineProtocol;
import omni.fetch.FetchProtocol;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.Tokens;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni models pull}: brings a model from elsewhere into the store. */
@Command(
        name = "pull",
        description = {
            "Brings a model from elsewhere into Omni's store, checks its SHA-256, and goes on where an earlier run"
                    + " stopped. Ctrl-C keeps what has come.",
            "SOURCE is owner/repo[:QUANT] at Hugging Face, ollama:name[:tag], oci:host/name:tag (or @sha256:…), or an"
                    + " https address. Without QUANT the best file that fits this machine is taken.",
            "A host that wants a token is asked for it with: omni models login HOST."
        },
        footer = {
            "",
            "Example: omni models pull unsloth/Qwen3-0.6B-GGUF:Q4_K_M --name small --use",
            "Example: omni models pull ollama:qwen3:0.6b"
        })
final class ModelsPullCommand extends OmniCommand {
    @Parameters(paramLabel = "SOURCE", description = "What to bring.")
    private String source = "";

    @Option(names = "--revision", paramLabel = "REVISION", description = "A branch, tag or commit of Hugging Face.")
    private Optional<String> revision = Optional.empty();

    @Option(names = "--sha256", paramLabel = "HASH", description = "What the file must be, where you know it.")
    private Optional<String> sha256 = Optional.empty();

    @Option(names = "--name", paramLabel = "NAME", description = "What to call it; by default as the source does.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--use", description = "Also make it the model that answers where none is named.")
    private boolean use;

    ModelsPullCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var hook = Thread.ofPlatform().unstarted(this::interrupted);
        Runtime.getRuntime().addShutdownHook(hook);
        Brought brought;
        try {
            brought = bring();
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        var model = world.with("engine", bus -> {
            var engine = EngineProtocol.Client.of(bus);
            var added = take(engine, brought);
            if (use) {
                engine.use(new EngineProtocol.UseParams(added.id()));
            }
            return added;
        });
        new Fetching(world).with(fetch -> fetch.forget(new FetchProtocol.ForgetParams(brought.pull())));
        answer(model.toJson(), () -> told(model, brought));
        return ExitCode.OK;
    }

    /** Runs when the program is told to end; the fetching role sees the connection close, and stops. */
    private void interrupted() {
        world.err().println();
        world.err().println(kept());
        world.err().flush();
    }

    /** What to say of a pull that was stopped. */
    String kept() {
        return "Stopped; what has come is kept. Go on with: omni models pull " + Text.printable(source)
                + revision.map(r -> " --revision " + Text.printable(r)).orElse("");
    }

    private Brought bring() {
        try {
            return fetch();
        } catch (FetchProtocol.Failed e) {
            var host = e.host();
            if (e.reason() != FetchProtocol.Reason.UNAUTHORIZED || host == null || !asks()) {
                throw e;
            }
            world.err().println(Text.printable(e.message()));
            ModelsLoginCommand.keep(
                    Tokens.of(world.home()), host, "", new SecretInput(world).read("Token for " + host + ": "));
            return fetch();
        }
    }

    private boolean asks() {
        return !json() && world.isTerminal(0) && world.isTerminal(2);
    }

    private Brought fetch() {
        return new Fetching(world).with(fetch -> {
            var params = new FetchProtocol.PullParams(source, revision.orElse(null), sha256.orElse(null));
            try (var progress = new ProgressLine(world, json());
                    var replies = fetch.pullMore(params)) {
                while (replies.hasNext()) {
                    var reply = replies.next();
                    var brought = reply.brought();
                    if (brought != null) {
                        return brought;
                    }
                    var now = reply.progress();
                    if (now != null) {
                        PullProgress.tell(progress, now);
                    }
                }
            }
            throw new CommandException(
                    ExitCode.ERROR, "The pull ended without a model: see omni logs fetch, and run it again.");
        });
    }

    private EngineProtocol.Model take(EngineProtocol.Client engine, Brought brought) {
        var params = FetchedModel.order(brought, name.orElse(brought.name()));
        try (var replies = engine.import_More(params)) {
            while (replies.hasNext()) {
                var model = replies.next().model();
                if (model != null) {
                    return model;
                }
            }
        }
        throw new CommandException(
                ExitCode.ERROR,
                "The engine ended the import without a model: see omni logs engine, and run this again.");
    }

    private String told(EngineProtocol.Model model, Brought brought) {
        var text = new StringBuilder("Added ")
                .append(Text.printable(model.name()))
                .append(" (")
                .append(Text.bytes(model.sizeBytes()))
                .append(", id ")
                .append(ModelsListCommand.shortId(model))
                .append(") from ")
                .append(Text.printable(brought.source()))
                .append('.');
        if (brought.files().stream().anyMatch(file -> file.assurance() == FileAssurance.COMPUTED)) {
            text.append("\nNobody said what its SHA-256 must be; it is ")
                    .append(hashes(brought))
                    .append('.');
        }
        if (!use) {
            text.append("\nLet it answer by default: omni models use ").append(Text.printable(model.name()));
        }
        return text.toString();
    }

    private static String hashes(Brought brought) {
        List<String> hashes =
                brought.files().stream().map(FetchProtocol.File::sha256).toList();
        return String.join(", ", hashes);
    }
}
