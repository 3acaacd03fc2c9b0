package omni.cli;

import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni key revoke}: a program that still has the key is refused from now on. */
@Command(
        name = "revoke",
        description = {"Revokes a key, at once and for good."},
        footer = {"", "Example: omni key revoke laptop"})
final class KeyRevokeCommand extends OmniCommand {
    @Parameters(paramLabel = "KEY", description = "The key's id, or its name where only one key has it.")
    private String key = "";

    KeyRevokeCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        world.with("daemon", bus -> DaemonProtocol.Client.of(bus).revokeKey(new DaemonProtocol.RevokeKeyParams(key)));
        answer(Json.object().put("revoked", key), () -> "The key " + Text.printable(key) + " is revoked.");
        return ExitCode.OK;
    }
}
