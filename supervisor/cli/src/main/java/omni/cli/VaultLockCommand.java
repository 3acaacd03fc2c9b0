package omni.cli;

import omni.vault.VaultProtocol;
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
        world.with("vault", bus -> VaultProtocol.Client.of(bus).lock(new VaultProtocol.LockParams()));
        answer(Json.object().put("locked", true), () -> "The vault is locked.");
        return ExitCode.OK;
    }
}
