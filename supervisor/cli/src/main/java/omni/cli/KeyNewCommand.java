package omni.cli;

import java.time.Instant;
import java.util.List;
import omni.api.DaemonProtocol;
import omni.api.DaemonProtocol.AddKeyParams;
import omni.api.DaemonProtocol.KeyRights;
import omni.api.DaemonProtocol.Priority;
import omni.api.DaemonProtocol.RouteGroup;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni key new}: makes a key and shows it once. */
@Command(
        name = "new",
        description = {
            "Makes a key and prints it, this once: Omni keeps only its hash.",
            "Without further options it may everything that a key may. What it is given stays with it: for other rights, make"
                    + " another key."
        },
        footer = {
            "",
            "Example: OPENAI_API_KEY=$(omni key new laptop)",
            "Example: omni key new indexer --priority background --routes embeddings,models",
            "Example: omni key new guest --models qwen3 --routes chat --rate 20 --tokens-per-day 100000 --expires 90d"
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

    @Option(
            names = "--models",
            paramLabel = "MODEL",
            split = ",",
            description = "The models that it may use, by name or id; it hears of no other. All where this is absent.")
    private List<String> models = List.of();

    @Option(
            names = "--routes",
            paramLabel = "GROUP",
            split = ",",
            converter = RouteGroupConverter.class,
            description =
                    "The routes that it may use: chat, embeddings, models, conversations, memory, vault, airgap, metrics; see"
                            + " docs/api.md. All where this is absent. Any key may engage the air gap.")
    private List<RouteGroup> routes = List.of();

    @Option(names = "--rate", paramLabel = "REQUESTS", description = "Requests in any minute, at most.")
    private @Nullable Long rate;

    @Option(
            names = "--tokens-per-day",
            paramLabel = "TOKENS",
            description = "Tokens of prompts and answers in a day, at most; days turn at 00:00 UTC.")
    private @Nullable Long tokensPerDay;

    @Option(
            names = "--expires",
            paramLabel = "TIME",
            converter = ExpiryConverter.class,
            description =
                    "When it stops working: a time from now on, such as 90d, 12h or 30m; a day, such as 2027-01-31, at"
                            + " its beginning in UTC; or a time, such as 2027-01-31T12:00:00Z.")
    private @Nullable Instant expires;

    KeyNewCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var key = FreshKey.make();
        var kept = add(world, new AddKeyParams(name, key.hash(), false, priority, rights()));
        answer(Json.object().put("key", key.text()).put("id", kept.id()).put("name", kept.name()), key::text);
        if (!json()) {
            world.err().println("Keep it now: it cannot be shown again. Its id is " + kept.id() + ".");
        }
        return ExitCode.OK;
    }

    private @Nullable KeyRights rights() {
        var all = models.isEmpty() && routes.isEmpty() && rate == null && tokensPerDay == null && expires == null;
        return all
                ? null
                : new KeyRights(
                        models.isEmpty() ? null : models,
                        routes.isEmpty() ? null : routes,
                        rate,
                        tokensPerDay,
                        expires == null ? null : expires.toString());
    }

    /** Lets the daemon keep the hash of a key that may everything. */
    static DaemonProtocol.Key add(World world, String name, FreshKey key, boolean session) {
        return add(world, new AddKeyParams(name, key.hash(), session, Priority.NORMAL, null));
    }

    private static DaemonProtocol.Key add(World world, AddKeyParams params) {
        return world.with(
                "daemon", bus -> DaemonProtocol.Client.of(bus).addKey(params).key());
    }
}
