package omni.cli;

import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni key rotate}: another key in the place of one, shown once. */
@Command(
        name = "rotate",
        description = {
            "Makes another key in the place of one and prints it, this once. Its name, its class, its rights and the tokens of the"
                    + " day stay; the old key is refused from now on.",
            "For a time with both, make a second key by omni key new, and revoke the first when nothing uses it any more. Where"
                    + " the vault is open and could not be told, an old keys.json would bring the old key back: the command says"
                    + " so, and ends with 7."
        },
        footer = {"", "Example: OPENAI_API_KEY=$(omni key rotate laptop)"})
final class KeyRotateCommand extends OmniCommand {
    @Parameters(paramLabel = "KEY", description = "The key's id, or its name where only one key has it.")
    private String key = "";

    KeyRotateCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var fresh = FreshKey.make();
        var rotated = world.with(
                "daemon",
                bus -> DaemonProtocol.Client.of(bus).rotateKey(new DaemonProtocol.RotateKeyParams(key, fresh.hash())));
        answer(
                Json.object()
                        .put("key", fresh.text())
                        .put("id", rotated.key().id())
                        .put("name", rotated.key().name())
                        .put("vaultUntold", rotated.vaultUntold()),
                fresh::text);
        if (!json()) {
            world.err()
                    .println("Keep it now: it cannot be shown again. Its id is "
                            + rotated.key().id() + ". The key " + Text.printable(key) + " is revoked."
                            + (rotated.vaultUntold() ? KeyRevokeCommand.UNTOLD : ""));
        }
        return rotated.vaultUntold() ? ExitCode.INCOMPLETE : ExitCode.OK;
    }
}
