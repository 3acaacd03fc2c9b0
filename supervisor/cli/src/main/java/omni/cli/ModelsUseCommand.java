package omni.cli;

import omni.engine.EngineProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models use}: chooses the model for requests that name none. */
@Command(
        name = "use",
        description = {"Lets a model answer where none is named."},
        footer = {"", "Example: omni models use big"})
final class ModelsUseCommand extends OmniCommand {
    @Parameters(paramLabel = "MODEL", description = "The model's name or id.")
    private String model = "";

    ModelsUseCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        world.with("engine", bus -> EngineProtocol.Client.of(bus).use(new EngineProtocol.UseParams(model)));
        answer(Json.object().put("default", model), () -> Text.printable(model) + " answers from now on.");
        return ExitCode.OK;
    }
}
