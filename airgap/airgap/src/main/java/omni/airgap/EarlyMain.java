package omni.airgap;

import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.locks.LockSupport;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.role.Config;
import omni.role.ConfigException;
import omni.role.Notify;
import omni.role.Section;

/**
 * Holds a gap that was closed before the machine started, from before its first link can come up until the role "airgap" is
 * there. systemd starts it ahead of everything that has to do with networks, and only where there is a gap to hold.
 *
 * <p>Arguments: home, folder of the sockets. Ends with 0 when the role has taken over or the gap was lifted.
 */
public final class EarlyMain {
    private static final int FAILED = 70;
    private static final long LOOK_NANOS = 200_000_000;

    private EarlyMain() {}

    /** Closes, says that it is ready, and waits for the role. */
    public static void main(String[] arguments) throws AirgapException {
        Path home = Path.of(arguments[0]);
        Path run = Path.of(arguments[1]);
        Path folder = home.resolve("airgap");
        GapStore store = new GapStore(folder, run);
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "The watch has failed", thrown);
            Runtime.getRuntime().halt(FAILED); // closed as it is; systemd goes to the console
        });
        Host host = Host.of(scope(home, folder), folder, CensusParser.NONE);
        try (Gap gap = new Gap(host, store, Clock.systemUTC())) {
            if (!store.closed()) {
                return;
            }
            gap.start();
            host.lockMemory().ifPresent(limit -> System.getLogger("omni.airgap").log(System.Logger.Level.INFO, limit));
            try (var _ = gap.watch()) {
                Gap.Status status = gap.status();
                var _ = Notify.from(System.getenv()).ready(status.state() + " " + String.join("; ", status.problems()));
                BusClient role = BusClient.to(run.resolve("airgap.sock"));
                WatchMark mark = WatchMark.in(folder);
                while (store.closed() && !(mark.made() && answers(role))) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
            }
        }
    }

    /**
     * What the gap was about when it was closed, and what the configuration says. Never more: where both cannot be read, nothing is
     * closed by this, and the boot ends at the console.
     */
    private static Scope scope(Path home, Path folder) throws AirgapException {
        try {
            String configured = Config.load(home.resolve("omni.toml"), Section.all())
                    .get(AirgapConfig.SECTION)
                    .scope();
            return Scope.of(configured).withClosed(folder);
        } catch (ConfigException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "omni.toml cannot be read", e);
            Scope closed = Scope.of("").withClosed(folder);
            if (closed.empty()) {
                throw new AirgapException(
                        "A gap is closed, and neither its own file nor omni.toml says what it is about. Mend"
                                + " omni.toml, then start omni-airgap-early again.");
            }
            return closed;
        }
    }

    private static boolean answers(BusClient role) {
        try {
            var _ = AirgapProtocol.Client.of(role).status(new AirgapProtocol.StatusParams());
            return true;
        } catch (BusException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Not there yet", e);
            return false;
        }
    }
}
