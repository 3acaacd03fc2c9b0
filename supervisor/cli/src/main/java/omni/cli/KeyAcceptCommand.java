package omni.cli;

import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni key accept}: a key that was made while the vault was locked reaches what it keeps from now on. */
@Command(
        name = "accept",
        description = {
            "Accepts a key that was made or changed while the vault was locked: from now on it reaches what the vault keeps.",
            "Accept only what you have made yourself: whoever could write in keys.json meanwhile may have put a key of their"
                    + " own there. The vault must be open. A key that it knows stays as it is."
        },
        footer = {"", "Example: omni key accept 0f1e2d3c4b5a"})
final class KeyAcceptCommand extends OmniCommand {
    @Parameters(
            paramLabel = "ID",
            description = "The key's id, as omni key list shows it; a name is not taken, for anybody may choose it.")
    private String id = "";

    KeyAcceptCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var accepted = world.with(
                "daemon", bus -> DaemonProtocol.Client.of(bus).acceptKey(new DaemonProtocol.AcceptKeyParams(id)));
        answer(
                accepted.toJson(),
                () -> "The key " + accepted.key().id() + " ("
                        + Text.printable(accepted.key().name()) + ") is accepted.");
        return ExitCode.OK;
    }
}
