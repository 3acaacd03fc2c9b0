package omni.cli;

import omni.bus.BusException;
import omni.bus.ReplyStream;
import omni.vault.VaultProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault status}: whether the vault is open, once or at each change. */
@Command(
        name = "status",
        description = {"Says whether the vault is open or locked, since when, and what it cannot do here."},
        footer = {"", "Example: omni vault status --json | jq -r .state"})
final class VaultStatusCommand extends OmniCommand {
    @Option(names = "--follow", description = "Say it again at each change, until the vault locks or Ctrl-C.")
    private boolean follow;

    VaultStatusCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        return follow ? follow() : show(this);
    }

    static ExitCode show(OmniCommand command) {
        var vault = VaultCommand.status(command.world);
        command.answer(VaultCommand.json(vault), () -> VaultCommand.text(vault, command.world.style()));
        return ExitCode.OK;
    }

    private ExitCode follow() {
        return world.withPatience("vault", bus -> {
            try (ReplyStream<VaultProtocol.StatusReply> changes =
                    VaultProtocol.Client.of(bus).statusMore(new VaultProtocol.StatusParams())) {
                while (changes.hasNext()) {
                    var vault = changes.next().vault();
                    answer(VaultCommand.json(vault), () -> VaultCommand.text(vault, world.style()));
                }
            } catch (BusException.Disconnected e) {
                throw new CommandException(ExitCode.AWAY, "The vault has locked: its process has ended.", e);
            }
            return ExitCode.OK;
        });
    }
}
