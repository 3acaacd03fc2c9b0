package omni.cli;

import omni.api.DaemonProtocol;
import omni.api.DaemonProtocol.Priority;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni key new}: makes a key and shows it once. */
@Command(
        name = "new",
        description = {"Makes a key and prints it, this once: Omni keeps only its hash."},
        footer = {
            "",
            "Example: OPENAI_API_KEY=$(omni key new laptop)",
            "Example: omni key new indexer --priority background"
        })
final class KeyNewCommand extends OmniCommand {
    @Parameters(paramLabel = "NAME", description = "What the key is for, such as \"laptop\".")
    private String name = "";

    @Option(
            names = "--priority",
            paramLabel = "CLASS",
            converter = PriorityConverter.class,
            description = "How urgent its requests are: interactive, where a person waits for each; normal; or"
                    + " background, which gives its places up to others. A request may be less urgent than its key's,"
                    + " never more.")
    private Priority priority = Priority.NORMAL;

    KeyNewCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var key = FreshKey.make();
        var kept = add(world, name, key, false, priority);
        answer(Json.object().put("key", key.text()).put("id", kept.id()).put("name", kept.name()), key::text);
        if (!json()) {
            world.err().println("Keep it now: it cannot be shown again. Its id is " + kept.id() + ".");
        }
        return ExitCode.OK;
    }

    /** Lets the daemon keep a key's hash. */
    static DaemonProtocol.Key add(World world, String name, FreshKey key, boolean session, Priority priority) {
        return world.with(
                "daemon",
                bus -> DaemonProtocol.Client.of(bus)
                        .addKey(new DaemonProtocol.AddKeyParams(name, key.hash(), session, priority))
                        .key());
    }
}
