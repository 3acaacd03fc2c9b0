package omni.cli;

import java.time.Duration;
import omni.airgap.AirgapProtocol;
import omni.airgap.KeptGap;
import omni.bus.BusException;
import omni.bus.RunDirectory;
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

    /** Longer than a look at a file takes, and a line that anybody reads. */
    private static final Duration READ = Duration.ofMillis(200);

    AirgapEngageCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        warn();
        var gap = world.withPatience(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus)
                        .engage(new AirgapProtocol.EngageParams(cause))
                        .gap());
        answer(AirgapCommand.json(gap), () -> AirgapCommand.text(gap, world));
        return contradicted(gap) ? ExitCode.ERROR : AirgapCommand.exit(gap);
    }

    /**
     * Another program of Omni's user can take the place of the role's socket and say that all is closed; under systemd none can write
     * into the role's folder.
     */
    private boolean contradicted(AirgapProtocol.Gap gap) {
        boolean contradicted = gap.state() == AirgapProtocol.GapState.GAP
                && KeptGap.of(world.home(), RunDirectory.resolve(world.environment()))
                        .open();
        if (contradicted) {
            world.err()
                    .println("The answer is that the gap is closed, but "
                            + world.home().resolve("airgap")
                            + " says that it is open. Where that is this Omni's home, another program answers in the kill switch's"
                            + " place: pull the cable, then look at omni status. Else set OMNI_HOME.");
        }
        return contradicted;
    }

    /**
     * What lifts a gap can be made before it alone, so it is said before. The gap waits neither for an answer, nor for a disk, nor
     * for who should read this.
     */
    private void warn() {
        var told = Thread.ofPlatform().daemon().start(this::warnOfNoKey);
        try {
            told.join(READ);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void warnOfNoKey() {
        try {
            if (KeptGap.of(world.home(), RunDirectory.resolve(world.environment()))
                    .keyless()) {
                world.err()
                        .println(
                                "There is no step-up key: only root, at a terminal of the box, will be able to lift this gap."
                                        + " Next time make one before: omni key step-up. Root lifts it with: "
                                        + OfflineLift.line(world));
            }
        } catch (BusException e) { // no such folder: who asks for the gap is told
            System.getLogger("omni.cli").log(System.Logger.Level.DEBUG, "Not known whether there is a key", e);
        }
    }
}
