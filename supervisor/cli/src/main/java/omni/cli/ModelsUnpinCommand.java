package omni.cli;

import omni.engine.EngineProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models unpin}: lets a pinned model go again. */
@Command(
        name = "unpin",
        description = {"Lets a pinned model be removed, and leave memory, again."},
        footer = {"", "Example: omni models unpin big"})
final class ModelsUnpinCommand extends OmniCommand {
    @Parameters(paramLabel = "MODEL", description = "The model's name or id.")
    private String model = "";

    ModelsUnpinCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        world.with("engine", bus -> EngineProtocol.Client.of(bus).pin(new EngineProtocol.PinParams(model, false)));
        answer(Json.object().put("unpinned", model), () -> Text.printable(model) + " is pinned no longer.");
        return ExitCode.OK;
    }
}
