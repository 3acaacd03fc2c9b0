package omni.cli;

import omni.engine.EngineProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models rm}: takes a model out of the store. */
@Command(
        name = "rm",
        aliases = "remove",
        description = {"Removes a model and its file from Omni's store; the file it was imported from stays."},
        footer = {"", "Example: omni models rm big"})
final class ModelsRemoveCommand extends OmniCommand {
    @Parameters(paramLabel = "MODEL", description = "The model's name or id.")
    private String model = "";

    ModelsRemoveCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        world.with("engine", bus -> EngineProtocol.Client.of(bus).remove(new EngineProtocol.RemoveParams(model)));
        answer(Json.object().put("removed", model), () -> Text.printable(model) + " is removed.");
        return ExitCode.OK;
    }
}
