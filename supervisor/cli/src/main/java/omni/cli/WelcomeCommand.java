package omni.cli;

import java.util.Optional;
import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code omni welcome}, hidden: what {@code omni up} shows when everything is ready. The address, a key, one line for
 * curl that works as it stands, and where to go from here.
 *
 * <p>Where no permanent key exists, as on the first start, it makes one and shows it; otherwise the line carries a key
 * that is gone when Omni stops. Where none can be kept, as on a full disk, it shows the rest.
 */
@Command(
        name = "welcome",
        hidden = true,
        description = {"Shows the address of the running Omni and a first request."},
        footer = {"", "Example: omni welcome --json"})
final class WelcomeCommand extends OmniCommand {
    private static final String QUESTION = "What is 7 plus 5?";

    WelcomeCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var address =
                world.with("daemon", bus -> DaemonProtocol.Client.of(bus).address(new DaemonProtocol.AddressParams()));
        var first = world
                .with("daemon", bus -> DaemonProtocol.Client.of(bus).listKeys(new DaemonProtocol.ListKeysParams()))
                .keys()
                .stream()
                .allMatch(DaemonProtocol.Key::session);
        var key = FreshKey.make();
        var gap = GapNotice.running(world).map(GapNotice::text);
        if (!isKept(key, first)) {
            answer(json(address.url(), gap), () -> ready(address.url(), gap) + """
                    Programs need a key, and none could be kept: see above, then make one with omni key new NAME

                    Chat here, without a key: omni chat""");
            return ExitCode.OK;
        }
        var curl = curl(address.url(), key.text());
        answer(
                json(address.url(), gap)
                        .put("key", key.text())
                        .put("session", !first)
                        .put("curl", curl),
                () -> text(ready(address.url(), gap), key.text(), first, curl));
        return ExitCode.OK;
    }

    /** Lets the daemon keep a key; where it cannot, says why. */
    private boolean isKept(FreshKey key, boolean first) {
        try {
            KeyNewCommand.add(world, first ? "first" : "this start", key, !first);
            return true;
        } catch (DaemonProtocol.Refused e) {
            world.err().println(new Failures(world).explain(e).message());
            return false;
        }
    }

    private static ObjectNode json(String url, Optional<String> gap) {
        return Json.object().put("url", url).put("gapClosed", gap.isPresent());
    }

    private String ready(String url, Optional<String> gap) {
        var style = world.style();
        return "\nOmni is " + style.green("ready") + " at " + style.bold(url) + "\n\n"
                + gap.map(line -> style.red(Text.printable(line)) + "\n\n").orElse("");
    }

    private String text(String ready, String key, boolean first, String curl) {
        var text = new StringBuilder(600).append(ready);
        if (first) {
            text.append("Your API key, shown this once (more with `omni key new NAME`):\n\n  ");
            text.append(world.style().bold(key)).append("\n\nAsk with it:\n\n");
        } else {
            text.append("Ask, with a key that lasts until Omni stops:\n\n");
        }
        text.append(curl).append("\n\nOr chat here, without a key: omni chat\n\n");
        text.append("The model that comes with Omni is small on purpose: it answers from the first minute, and simple"
                + " things only.\n");
        text.append("Add a larger one from any GGUF file: omni models import FILE");
        return text.toString();
    }

    /** One request as one line for a shell. Nothing in it needs more than single quotes. */
    static String curl(String url, String key) {
        var body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + QUESTION + "\"}]}";
        return "curl -sSN " + url + "/v1/chat/completions -H 'Authorization: Bearer " + key
                + "' -H 'Content-Type: application/json' -d '" + body + "'";
    }
}
