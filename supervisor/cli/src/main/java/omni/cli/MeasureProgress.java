package omni.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import omni.bus.BusClient;
import omni.engine.EngineProtocol;
import omni.engine.TuningProtocol;
import omni.engine.TuningProtocol.Profile;
import omni.engine.TuningProtocol.ProfileState;

/**
 * Lets the engine measure anew and shows on standard error how far it is: a line that changes at a terminal, one for every
 * ten percent elsewhere. Ctrl-C ends the watching, not the measurement.
 */
final class MeasureProgress {
    private static final Duration LOOK = Duration.ofMillis(300);
    /** A sweep is over in a minute of computing; a box that is busy all the time never gets to it. */
    static final Duration LONGEST = Duration.ofMinutes(10);

    private final World world;
    private final boolean terminal;
    private String told = "";

    MeasureProgress(World world, boolean json) {
        this.world = world;
        this.terminal = world.isTerminal(2) && !json;
    }

    /** What came of it: how many models' measurements were forgotten, and what is known now. */
    record Outcome(long forgotten, TuningProtocol.ProfilesReply tuning, boolean whole) {}

    /** Forgets, loads the default model where none is loaded, and waits until all that are loaded are measured. */
    Outcome run(BusClient bus, Duration longest) {
        var client = TuningProtocol.Client.of(bus);
        long forgotten = client.forget(new TuningProtocol.ForgetParams(null)).forgotten();
        if (client.profiles(new TuningProtocol.ProfilesParams()).profiles().isEmpty()) {
            EngineProtocol.Client.of(bus).template(new EngineProtocol.TemplateParams(null));
        }
        long end = System.nanoTime() + longest.toNanos();
        while (true) {
            var now = client.profiles(new TuningProtocol.ProfilesParams());
            var left = now.profiles().stream().filter(MeasureProgress::isLeft).toList();
            if (left.isEmpty() || System.nanoTime() > end) {
                clear();
                return new Outcome(forgotten, now, left.isEmpty());
            }
            tell(left, now.held());
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    private static boolean isLeft(Profile profile) {
        return profile.state() == ProfileState.WAITING || profile.state() == ProfileState.MEASURING;
    }

    private void tell(List<Profile> left, String held) {
        var first = left.stream()
                .filter(profile -> profile.state() == ProfileState.MEASURING)
                .findFirst()
                .orElse(left.getFirst());
        var what = first.state() == ProfileState.WAITING
                ? "waiting until nobody has asked anything for a while"
                : held.isEmpty() ? "measuring, " + first.percent() + " %" : "waiting: the engine " + held;
        if (terminal) {
            world.err().print("\r" + Text.printable(first.name() + ": " + what) + "\u001b[K");
            world.err().flush();
            return;
        }
        var line = Text.printable(first.name() + ": " + what.replaceAll("\\d %", "0 %"));
        if (!line.equals(told)) {
            told = line;
            world.err().println(line);
        }
    }

    private void clear() {
        if (terminal) {
            world.err().print("\r\u001b[K");
            world.err().flush();
        }
    }
}
