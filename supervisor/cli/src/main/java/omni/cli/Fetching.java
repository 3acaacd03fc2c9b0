package omni.cli;

import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import omni.bus.BusException;
import omni.fetch.FetchProtocol;
import omni.role.SupervisorProtocol;

/** Asks the role that fetches, which the supervisor starts when somebody wants it. */
final class Fetching {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final World world;

    Fetching(World world) {
        this.world = world;
    }

    /** Runs something with a client of the role; again where the role is just ending, being idle. */
    <T> T with(Function<FetchProtocol.Client, T> work) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return once(work);
            } catch (BusException.Unavailable e) {
                if (System.nanoTime() > end || !supervised()) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    /** Whether there is a supervisor: without one, waiting is in vain. */
    private boolean supervised() {
        return Files.exists(world.socket("supervisor"));
    }

    private <T> T once(Function<FetchProtocol.Client, T> work) {
        world.with(
                "supervisor",
                bus -> SupervisorProtocol.Client.of(bus).start(new SupervisorProtocol.StartParams("fetch")));
        return world.with("fetch", bus -> work.apply(FetchProtocol.Client.of(bus)));
    }
}
