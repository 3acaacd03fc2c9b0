package omni.init;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import omni.role.Notify;
import omni.role.SupervisorProtocol.RoleState;
import omni.role.SupervisorProtocol.TreeState;

/**
 * Tells the service manager that started the supervisor how the tree is: READY once every resident role is, a STATUS
 * line at each change, STOPPING at the end, and WATCHDOG only after the tree's own thread has answered, so that a
 * supervisor which merely exists does not count as alive. Does nothing where no service manager listens.
 *
 * <p>One daemon thread, started by {@link #start}; it ends with the tree.
 */
final class ServiceManager {
    /** How often within the manager's patience a sign of life is sent. */
    private static final int SIGNS_PER_TIMEOUT = 3;

    private static final Duration CALM = Duration.ofHours(1);

    private final Notify notify;
    private final Supervisor supervisor;
    private final Duration interval;

    private ServiceManager(Notify notify, Supervisor supervisor) {
        this.notify = notify;
        this.supervisor = supervisor;
        this.interval = notify.watchdogTimeout()
                .map(t -> t.dividedBy(SIGNS_PER_TIMEOUT))
                .orElse(CALM);
    }

    /** Keeps the manager told until the tree has ended. */
    static void start(Notify notify, Supervisor supervisor) {
        if (notify.isPresent()) {
            Thread.ofPlatform().daemon().name("service-manager").start(new ServiceManager(notify, supervisor)::run);
        }
    }

    private void run() {
        boolean ready = false;
        boolean stopping = false;
        long told = -1;
        long due = System.nanoTime();
        try {
            while (!stopping) {
                long last = told;
                Snapshot now = supervisor.awaitChange(
                        s -> s.version() != last, Optional.of(Duration.ofNanos(Math.max(0, due - System.nanoTime()))));
                if (now.version() != told) {
                    stopping = now.state() == TreeState.STOPPING || now.state() == TreeState.FAILED;
                    boolean first = !ready && now.state() == TreeState.READY;
                    ready |= first;
                    tell(now, first, stopping);
                    told = now.version();
                }
                if (due - System.nanoTime() <= 0) {
                    signOfLife();
                    due = System.nanoTime() + interval.toNanos();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Snapshot now, boolean first, boolean stopping) {
        String status = stopping ? "stopping: " + now.reason() : summary(now);
        if (stopping) {
            notify.stopping(status);
        } else if (first) {
            notify.ready(status);
        } else {
            notify.status(status);
        }
    }

    /** A line for {@code systemctl status}: each role and how it is. */
    static String summary(Snapshot now) {
        return now.roles().stream()
                .map(role -> role.name() + " " + role.state().name().toLowerCase(Locale.ROOT)
                        + (role.state() == RoleState.READY && role.restarts() > 0
                                ? " (restarts: " + role.restarts() + ")"
                                : ""))
                .collect(Collectors.joining(", "));
    }

    /** Blocks while the tree's thread does: then no sign is sent, and the manager does what it is there for. */
    private void signOfLife() {
        supervisor.ask(new Event.Tick());
        notify.watchdog();
    }
}
