package omni.cli;

import java.time.Instant;
import java.util.Optional;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import omni.airgap.KeptGap;
import omni.bus.BusException;
import omni.bus.RunDirectory;

/** One line on an air gap that is closed, where people look who wonder why nothing gets through; nothing where it is open. */
final class GapNotice {
    private GapNotice() {}

    /** Of an Omni that runs; nothing where its role does not answer. */
    static Optional<Gap> running(World world) {
        try {
            return Optional.of(AirgapCommand.status(world)).filter(gap -> gap.state() != GapState.OPEN);
        } catch (BusException e) {
            return Optional.empty();
        }
    }

    static String text(Gap gap) {
        String confirmed = gap.state() == GapState.BROKEN ? ", but not confirmed" : "";
        return "The air gap is closed" + words(Optional.of(Instant.parse(gap.since())), gap.cause()) + confirmed
                + ": only a person at the box opens it, with omni airgap lift; omni airgap status says more.";
    }

    /** Of an Omni that does not run, by what it has left on the disk. */
    static Optional<String> left(World world) {
        try {
            return Optional.of(KeptGap.of(world.home(), RunDirectory.resolve(world.environment())))
                    .filter(KeptGap::closed)
                    .map(gap -> "The air gap is closed" + words(gap.since(), gap.cause())
                            + ", and stays so without Omni. "
                            + (gap.keyless()
                                    ? "There is no step-up key: only root opens it, at a terminal of the box: "
                                    : "To open it start Omni, then omni airgap lift; or as root at a terminal of the box: ")
                            + OfflineLift.line(world));
        } catch (BusException e) {
            return Optional.empty(); // who has no such folder has no Omni there either
        }
    }

    private static String words(Optional<Instant> since, String cause) {
        return since.map(at -> " since " + Text.time(at)).orElse("") + (cause.isEmpty() ? "" : " (" + cause + ")");
    }
}
