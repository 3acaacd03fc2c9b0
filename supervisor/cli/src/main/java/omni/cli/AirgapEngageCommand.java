package omni.cli;

import omni.airgap.AirgapProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni airgap engage}: closes the gap. */
@Command(
        name = "engage",
        description = {
            "Cuts this box off now: links down, everything dropped, sockets destroyed, each confirmed by the kernel.",
            "Only a person at the box can lift it again. Ends with 0 when every step is confirmed."
        },
        footer = {"", "Example: omni airgap engage --cause \"leaving for the holidays\""})
final class AirgapEngageCommand extends OmniCommand {
    @Option(
            names = "--cause",
            paramLabel = "WORDS",
            description = "Why, in at most 200 characters; it is kept with the gap.")
    private String cause = "omni airgap engage";

    AirgapEngageCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var gap = world.withPatience(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus)
                        .engage(new AirgapProtocol.EngageParams(cause))
                        .gap());
        answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, world.style()));
        return AirgapCommand.exit(gap);
    }
}
