package omni.cli;

import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni key new}: makes a key and shows it once. */
@Command(
        name = "new",
        description = {"Makes a key and prints it, this once: Omni keeps only its hash."},
        footer = {"", "Example: OPENAI_API_KEY=$(omni key new laptop)"})
final class KeyNewCommand extends OmniCommand {
    @Parameters(paramLabel = "NAME", description = "What the key is for, such as \"laptop\".")
    private String name = "";

    KeyNewCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var key = FreshKey.make();
        var kept = add(world, name, key, false);
        answer(Json.object().put("key", key.text()).put("id", kept.id()).put("name", kept.name()), key::text);
        if (!json()) {
            world.err().println("Keep it now: it cannot be shown again. Its id is " + kept.id() + ".");
        }
        return ExitCode.OK;
    }

    /** Lets the daemon keep a key's hash. */
    static DaemonProtocol.Key add(World world, String name, FreshKey key, boolean session) {
        return world.with(
                "daemon",
                bus -> DaemonProtocol.Client.of(bus)
                        .addKey(new DaemonProtocol.AddKeyParams(name, key.hash(), session))
                        .key());
    }
}
