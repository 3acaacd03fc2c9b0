package omni.init;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import omni.role.SupervisorProtocol.TreeLauncher;

/**
 * Runs each role as a systemd unit of its own, made by {@link SystemdUnits}, with that unit's sandbox. The units say
 * {@code Restart=no}: when and how often a role starts again is the tree's to say, here as with any launcher.
 *
 * <p>What the tree gives a process goes into a file that the unit names as its EnvironmentFile. A death is learned at
 * once: a {@code systemctl start --wait} stays beside each role and ends when the unit does. Should it end before, say
 * because the system's bus was restarted, it is started again.
 *
 * <p>One thread a role tells its listener; orders run on threads of their own. Any thread may call.
 */
final class SystemdLauncher implements Launcher {
    private static final Duration LOOK_FIRST = Duration.ofMillis(10);
    private static final Duration LOOK_MAX = Duration.ofMillis(250);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(10);
    private static final int WAITERS_MAX = 5;
    private static final int SIGNAL_BASE = 128;
    private static final int EXITED = 1;

    private static final System.Logger LOG = System.getLogger("omni.init");

    private final Systemctl systemctl;
    private final Path launchDir;
    private final Set<Unit> units = ConcurrentHashMap.newKeySet();

    /**
     * @param systemctl the program
     * @param launchDir where the units' EnvironmentFile= are
     */
    SystemdLauncher(Systemctl systemctl, Path launchDir) {
        this.systemctl = systemctl;
        this.launchDir = launchDir;
    }

    @Override
    public TreeLauncher kind() {
        return TreeLauncher.SYSTEMD;
    }

    @Override
    public List<String> notIsolated() {
        return List.of("all roles run as one user; what keeps them apart is each unit's sandbox");
    }

    @Override
    public Child launch(Launch launch, Listener listener) {
        Unit unit = new Unit(launch, listener);
        units.add(unit);
        // It waits in a read of a pipe for as long as the role lives. A virtual thread may keep its carrier meanwhile,
        // of which a
        // machine with one processor has one: nobody else in this process would come to run.
        Thread.ofPlatform().daemon().name("unit-" + launch.role().name()).start(unit::run);
        return unit;
    }

    @Override
    public void close() {
        List<Unit> left = List.copyOf(units);
        left.forEach(Unit::kill);
        long deadline = System.nanoTime() + CLOSE_MAX.toNanos();
        for (Unit unit : left) {
            unit.awaitEnd(deadline - System.nanoTime());
        }
    }

    /** The text of an EnvironmentFile= (systemd.exec(5)): every value in double quotes. */
    static String environmentFile(Map<String, String> environment) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(environment).forEach((name, value) -> {
            if (!name.matches("[A-Z_][A-Z0-9_]*") || value.chars().anyMatch(Character::isISOControl)) {
                throw new InitException("A role's variable cannot be given to systemd: " + name);
            }
            String quoted = value.replace("\\", "\\\\")
                    .replace("\"", "\\\"")
                    .replace("$", "\\$")
                    .replace("`", "\\`");
            text.append(name).append("=\"").append(quoted).append("\"\n");
        });
        return text.toString();
    }

    /** One start of a role's unit, until it has ended. */
    private final class Unit implements Child {
        private final Launch launch;
        private final Listener listener;
        private final String name;
        private final AtomicBoolean terminating = new AtomicBoolean();
        private final AtomicBoolean killing = new AtomicBoolean();
        private final CountDownLatch ended = new CountDownLatch(1);

        Unit(Launch launch, Listener listener) {
            this.launch = launch;
            this.listener = listener;
            this.name = SystemdUnits.unit(launch.role().name());
        }

        @Override
        public void terminate() {
            if (terminating.compareAndSet(false, true)) {
                order("stop", systemctl::stop);
            }
        }

        @Override
        public void kill() {
            if (killing.compareAndSet(false, true)) {
                order("kill", systemctl::kill);
            }
        }

        void run() {
            Exit exit;
            try {
                exit = startAndWait();
            } catch (IOException e) {
                exit = new Exit(-1, "systemd cannot be reached: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                exit = new Exit(-1, "interrupted");
            } catch (InitException e) {
                exit = new Exit(-1, String.valueOf(e.getMessage()));
            }
            units.remove(this);
            ended.countDown();
            listener.exited(exit);
        }

        private Exit startAndWait() throws IOException, InterruptedException {
            if (systemctl.show(name).isAlive()) {
                LOG.log(System.Logger.Level.WARNING, "unit {0} runs already; stopping it first", name);
                systemctl.stop(name);
            }
            String before = systemctl.show(name).invocation();
            write();
            if (isEnding()) {
                return new Exit(-1, "stopped before it started");
            }
            Process waiter = systemctl.startAndWait(name);
            Systemctl.State running = awaitProcess(waiter, before);
            boolean early = isEnding();
            if (running.mainPid() != 0) {
                listener.started(running.mainPid());
            }
            if (early) {
                repeatOrders();
            }
            Systemctl.Outcome outcome = Systemctl.finish(waiter);
            Systemctl.State state = systemctl.show(name);
            for (int i = 1; state.isAlive() && state.invocation().equals(running.invocation()); i++) {
                if (i == WAITERS_MAX) {
                    throw new IOException("systemctl ends before the unit does");
                }
                outcome = Systemctl.finish(systemctl.startAndWait(name));
                state = systemctl.show(name);
            }
            return exit(
                    state,
                    outcome,
                    running.mainPid() != 0 || !state.invocation().equals(before));
        }

        /** Looks until the unit's new process is there, or the start has failed. */
        private Systemctl.State awaitProcess(Process waiter, String before) throws IOException, InterruptedException {
            Duration pause = LOOK_FIRST;
            while (true) {
                Systemctl.State state = systemctl.show(name);
                if (state.mainPid() != 0 && !state.invocation().equals(before)) {
                    return state;
                }
                if (waiter.waitFor(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return systemctl.show(name);
                }
                pause = pause.multipliedBy(2).compareTo(LOOK_MAX) < 0 ? pause.multipliedBy(2) : LOOK_MAX;
            }
        }

        private Exit exit(Systemctl.State state, Systemctl.Outcome outcome, boolean ran) {
            if (!ran) {
                return new Exit(-1, outcome.output());
            }
            String reason = state.result().equals("success") ? "" : "systemd says " + state.result();
            int code = state.exitCode() == 0 || state.exitCode() == EXITED
                    ? state.exitStatus()
                    : SIGNAL_BASE + state.exitStatus();
            return new Exit(code, reason);
        }

        private boolean isEnding() {
            return terminating.get() || killing.get();
        }

        /** An order that came before systemd had a process to give it to is given again. */
        private void repeatOrders() {
            if (killing.get()) {
                order("kill", systemctl::kill);
            } else if (terminating.get()) {
                order("stop", systemctl::stop);
            }
        }

        private void write() throws IOException {
            Files.createDirectories(launchDir);
            Path file = launchDir.resolve(launch.role().name() + ".env");
            Path fresh = launchDir.resolve(launch.role().name() + ".env.new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, environmentFile(launch.environment()), StandardCharsets.UTF_8);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        private void order(String what, Order order) {
            Thread.ofVirtual().name(what + "-" + launch.role().name()).start(() -> {
                try {
                    Systemctl.Outcome outcome = order.give(name);
                    if (outcome.code() != 0) {
                        LOG.log(System.Logger.Level.DEBUG, "systemctl {0} {1}: {2}", what, name, outcome.output());
                    }
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.WARNING, "systemctl " + what + " " + name + " failed", e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }

        void awaitEnd(long nanos) {
            try {
                if (!ended.await(nanos, TimeUnit.NANOSECONDS)) {
                    LOG.log(System.Logger.Level.WARNING, "unit {0} does not end", name);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** An order to systemd about one unit. */
    @FunctionalInterface
    private interface Order {
        Systemctl.Outcome give(String unit) throws IOException, InterruptedException;
    }
}
