package omni.cli;

import omni.airgap.AirgapProtocol;
import omni.bus.ReplyStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni airgap status}: where the gap stands, once or at each change. */
@Command(
        name = "status",
        description = {"Says whether the gap is open or closed, what is confirmed, and what is not."},
        footer = {"", "Example: omni airgap status --json | jq -r .state"})
final class AirgapStatusCommand extends OmniCommand {
    @Option(names = "--follow", description = "Say it again at each change, until Ctrl-C.")
    private boolean follow;

    AirgapStatusCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        return follow ? follow() : show(this);
    }

    static ExitCode show(OmniCommand command) {
        var gap = AirgapCommand.status(command.world);
        command.answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, command.world));
        return ExitCode.OK;
    }

    private ExitCode follow() {
        return world.withPatience("airgap", bus -> {
            try (ReplyStream<AirgapProtocol.StatusReply> changes =
                    AirgapProtocol.Client.of(bus).statusMore(new AirgapProtocol.StatusParams())) {
                while (changes.hasNext()) {
                    var gap = changes.next().gap();
                    answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, world));
                }
            }
            return ExitCode.OK;
        });
    }
}
