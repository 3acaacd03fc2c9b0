package omni.cli;

import java.util.List;
import omni.engine.EngineProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models verify}: hashes a model's files again. */
@Command(
        name = "verify",
        description = {"Hashes a model's files again, and sets the model aside if they are not what they were."},
        footer = {"", "Example: omni models verify big"})
final class ModelsVerifyCommand extends OmniCommand {
    @Parameters(paramLabel = "MODEL", description = "The model's name or id.")
    private String model = "";

    ModelsVerifyCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var damaged = world.withPatience("engine", bus -> verify(EngineProtocol.Client.of(bus)));
        var json = Json.object().put("verified", model).put("sound", damaged.isEmpty());
        var files = json.putArray("damaged");
        damaged.forEach(files::add);
        answer(
                json,
                () -> damaged.isEmpty()
                        ? Text.printable(model) + " is what it was when it was taken in."
                        : Text.printable(model) + " is damaged (" + String.join(", ", damaged)
                                + ") and set aside: remove it and get it again.");
        return damaged.isEmpty() ? ExitCode.OK : ExitCode.ERROR;
    }

    private List<String> verify(EngineProtocol.Client engine) {
        try (var progress = new ProgressLine(world, json());
                var replies = engine.verifyMore(new EngineProtocol.VerifyParams(model))) {
            while (replies.hasNext()) {
                var reply = replies.next();
                progress.show(reply.bytesDone(), reply.bytesTotal());
                var damaged = reply.damaged();
                if (damaged != null) {
                    return damaged;
                }
            }
        }
        throw new CommandException(ExitCode.ERROR, "The engine ended without a result: see omni logs engine.");
    }
}
