package omni.cli;

import java.util.Locale;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.LockReplyWas;
import picocli.CommandLine.Command;

/** {@code omni vault lock}: ends the process that has the keys. */
@Command(
        name = "lock",
        description = {
            "Locks the vault: ends every process that has had its keys or what it keeps, and starts them again without."
        },
        footer = {"", "Example: omni vault lock"})
final class VaultLockCommand extends OmniCommand {
    VaultLockCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var was = world.with(
                "vault",
                bus -> VaultProtocol.Client.of(bus)
                        .lock(new VaultProtocol.LockParams())
                        .was());
        answer(
                Json.object().put("locked", true).put("was", was.name().toLowerCase(Locale.ROOT)),
                () -> was == LockReplyWas.ABSENT ? VaultCommand.ABSENT : "The vault is locked.");
        return ExitCode.OK;
    }
}
