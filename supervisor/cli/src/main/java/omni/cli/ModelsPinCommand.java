package omni.cli;

import omni.engine.EngineProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models pin}: keeps a model. */
@Command(
        name = "pin",
        description = {"Keeps a model from removal, and in memory once it is loaded."},
        footer = {"", "Example: omni models pin big"})
final class ModelsPinCommand extends OmniCommand {
    @Parameters(paramLabel = "MODEL", description = "The model's name or id.")
    private String model = "";

    ModelsPinCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        world.with("engine", bus -> EngineProtocol.Client.of(bus).pin(new EngineProtocol.PinParams(model, true)));
        answer(Json.object().put("pinned", model), () -> Text.printable(model) + " is pinned.");
        return ExitCode.OK;
    }
}
