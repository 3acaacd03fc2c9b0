package omni.init;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import omni.bus.BusLimits;
import omni.bus.BusServer;
import omni.bus.RunDirectory;
import omni.role.Config;
import omni.role.Logs;
import omni.role.Notify;
import omni.role.SupervisorConfig;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.TreeLauncher;
import omni.role.SupervisorProtocol.TreeState;

/**
 * One run of the tree in this process, from the lock to the last child: takes the run directory for itself, serves
 * omni.Supervisor at {@code supervisor.sock}, starts the roles. Any thread may call.
 */
final class TreeRun implements AutoCloseable {
    /** Who calls here are the roles and the owner's commands, with a few words each: no message or crowd may cost more. */
    static final BusLimits LIMITS =
            BusLimits.defaults().withMessageBytesMax(64 << 10).withConnectionsMax(48);

    private final TreeLock lock;
    private final BusServer server;
    private final Supervisor supervisor;

    private TreeRun(TreeLock lock, BusServer server, Supervisor supervisor) {
        this.lock = lock;
        this.server = server;
        this.supervisor = supervisor;
    }

    /**
     * Starts the roles and returns at once. The log lines of this process go to {@code logs/supervisor.jsonl} from here
     * on, under systemd to standard output. The service manager that started this process, if any, is kept told.
     *
     * @param launcher closed with this, and also where this cannot start
     * @throws AlreadyRunning where another process holds the run directory
     */
    static TreeRun start(Place place, Config config, Roster roster, Launcher launcher, Supervisor.Watcher watcher) {
        try {
            makePrivate(place);
            TreeLock lock = TreeLock.take(place.runDir())
                    .orElseThrow(() -> new AlreadyRunning(TreeLock.holder(place.runDir())));
            return start(lock, place, config, roster, launcher, watcher);
        } catch (RuntimeException e) {
            launcher.close();
            throw e;
        }
    }

    private static TreeRun start(
            TreeLock lock, Place place, Config config, Roster roster, Launcher launcher, Supervisor.Watcher watcher) {
        try {
            // systemd keeps the journal; elsewhere the lines have a file.
            Logs.install(
                    "supervisor",
                    config,
                    launcher.kind() == TreeLauncher.SYSTEMD
                            ? Logs.standardOutput()
                            : LogFile.of(place.home(), "supervisor"));
            int cleared = lock.clearSockets(place.runDir());
            if (cleared > 0) {
                System.getLogger("omni.init").log(System.Logger.Level.INFO, "Removed " + cleared + " leftover sockets");
            }
            var supervisor = new Supervisor(roster, config.get(SupervisorConfig.SECTION), launcher, place, watcher);
            BusServer server = BusServer.at(RunDirectory.socket(place.runDir(), "supervisor"))
                    .identity("Omni", "Omni supervisor", "", "")
                    .limits(LIMITS)
                    .service(SupervisorProtocol.service(new SupervisorService(supervisor)))
                    .start();
            supervisor.start();
            ServiceManager.start(Notify.from(System.getenv()), supervisor);
            return new TreeRun(lock, server, supervisor);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static void makePrivate(Place place) {
        try {
            Files.createDirectories(
                    place.home(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Files.getPosixFilePermissions(place.home()).contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new InitException("Others may write to OMNI_HOME, " + place.home() + ": chmod 700 it");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("OMNI_HOME cannot be made: " + place.home(), e);
        }
    }

    /** Waits until every resident role is ready; false where the tree stops before, or the time is over. */
    boolean awaitReady(Optional<Duration> longest) throws InterruptedException {
        Snapshot end = supervisor.awaitChange(s -> s.state() != TreeState.STARTING, longest);
        return end.state() == TreeState.READY;
    }

    /** Waits until every process has ended; says how. */
    Order.Outcome await() throws InterruptedException {
        return supervisor.await();
    }

    /** Begins to stop everything in reverse order. */
    void stop(String reason) {
        supervisor.stop(reason);
    }

    /** The tree as it is. */
    Snapshot snapshot() {
        return supervisor.snapshot();
    }

    /** Kills what still runs, and gives the run directory back. */
    @Override
    public void close() {
        supervisor.close();
        server.close();
        lock.close();
    }

    /** Another process runs a tree there. */
    static final class AlreadyRunning extends InitException {
        private static final long serialVersionUID = 1L;

        private final transient Optional<Long> pid;

        AlreadyRunning(Optional<Long> pid) {
            super("Omni is already running here"
                    + pid.map(p -> " (pid " + p + ")").orElse("") + ": see omni status");
            this.pid = pid;
        }

        /** Who holds the run directory, where that is known. */
        Optional<Long> pid() {
            return pid;
        }
    }
}
