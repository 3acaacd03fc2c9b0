package omni.cli;

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
            world.with(
                    "supervisor",
                    bus -> SupervisorProtocol.Client.of(bus).start(new SupervisorProtocol.StartParams("fetch")));
            try {
                return world.with("fetch", bus -> work.apply(FetchProtocol.Client.of(bus)));
            } catch (BusException.Unavailable e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }
}
