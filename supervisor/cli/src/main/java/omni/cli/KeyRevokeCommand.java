package omni.cli;

import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni key revoke}: a program that still has the key is refused from now on. */
@Command(
        name = "revoke",
        description = {
            "Revokes a key, at once and for good. Where the vault is open and could not be told, an old keys.json would bring it"
                    + " back: the command says so, and ends with 7."
        },
        footer = {"", "Example: omni key revoke laptop"})
final class KeyRevokeCommand extends OmniCommand {
    static final String UNTOLD =
            "\nBut the vault was open and could not be told (omni logs says why): an old keys.json would bring the key back. Lock"
                    + " and unlock the vault, with keys.json as it is now: omni vault lock, then omni vault unlock. From then on"
                    + " the key, were it back, would reach nothing of what the vault keeps, and omni key list would mark it.";

    @Parameters(paramLabel = "KEY", description = "The key's id, or its name where only one key has it.")
    private String key = "";

    KeyRevokeCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var revoked = world.with(
                "daemon", bus -> DaemonProtocol.Client.of(bus).revokeKey(new DaemonProtocol.RevokeKeyParams(key)));
        answer(
                Json.object().put("revoked", key).put("vaultUntold", revoked.vaultUntold()),
                () -> "The key " + Text.printable(key) + " is revoked." + (revoked.vaultUntold() ? UNTOLD : ""));
        return revoked.vaultUntold() ? ExitCode.INCOMPLETE : ExitCode.OK;
    }
}
