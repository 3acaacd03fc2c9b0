package omni.cli;

import java.time.Duration;
import java.util.Optional;
import omni.bus.BusException;
import omni.device.DeviceProbe;
import omni.engine.TuningProtocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code omni device}: what hardware is here and how it is used. The engine tells, which may have less of the machine than
 * this command; where it does not run, the command looks for itself.
 */
@Command(
        name = "device",
        description = {
            "Shows what hardware is here, and how the loaded models are computed on it.",
            "Works also when Omni does not run; then it tells of the hardware alone."
        },
        footer = {"", "Example: omni device --why"})
final class DeviceCommand extends OmniCommand {
    @Option(names = "--why", description = "Also say why each choice was made, and what was measured.")
    private boolean why;

    @Option(names = "--measure", description = "Measure the loaded models anew, or the default model, and wait for it.")
    private boolean measure;

    /** How long it waits for that; tests wait less. */
    private final Duration longest;

    DeviceCommand(World world) {
        this(world, MeasureProgress.LONGEST);
    }

    DeviceCommand(World world, Duration longest) {
        super(world);
        this.longest = longest;
    }

    /** What the engine says. */
    private record Told(JsonNode report, TuningProtocol.ProfilesReply tuning) {}

    @Override
    ExitCode run() {
        if (measure) {
            return measureNow();
        }
        Optional<Told> told = ask();
        JsonNode report = told.map(Told::report)
                .orElseGet(() -> DeviceProbe.live(world.home()).read().toJson());
        var all = Json.object();
        all.put("seenBy", told.isPresent() ? "engine" : "command");
        all.setAll((ObjectNode) report);
        told.ifPresent(t -> all.set("tuning", t.tuning().toJson()));
        answer(
                all,
                () -> DeviceText.hardware(report, told.isPresent())
                        + told.map(t -> DeviceText.tuning(t.tuning(), why)).orElse(""));
        return ExitCode.OK;
    }

    private ExitCode measureNow() {
        var outcome = world.withPatience("engine", bus -> new MeasureProgress(world, json()).run(bus, longest));
        var all = Json.object();
        all.put("forgotten", outcome.forgotten());
        all.put("whole", outcome.whole());
        all.set("tuning", outcome.tuning().toJson());
        answer(all, () -> DeviceText.tuning(outcome.tuning(), why).strip());
        if (!outcome.whole()) {
            world.err().println("It is not measured yet: the box is busy. The engine goes on when it is not.");
        }
        return outcome.whole() ? ExitCode.OK : ExitCode.AWAY;
    }

    private Optional<Told> ask() {
        try {
            return Optional.of(world.with("engine", bus -> {
                var client = TuningProtocol.Client.of(bus);
                return new Told(
                        client.device(new TuningProtocol.DeviceParams()).report(),
                        client.profiles(new TuningProtocol.ProfilesParams()));
            }));
        } catch (BusException e) {
            return Optional.empty();
        }
    }
}
