package omni.init;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import omni.role.Native;
import omni.role.SupervisorProtocol.TreeLauncher;
import org.jspecify.annotations.Nullable;

/**
 * Runs roles as child processes. Nothing of this process reaches a child but three descriptors: standard input is the
 * control pipe, whose end tells the child that its supervisor is gone, or the socket that the role listens on; standard
 * output and error go to its log.
 *
 * <p>All children are started by one platform thread that lives as long as the launcher: the kernel ties the
 * parent-death signal to the thread that forks (prctl(2), PR_SET_PDEATHSIG), so a pooled or virtual thread would kill its
 * children by ending. A second thread a child carries its output.
 */
final class ProcessLauncher implements Launcher {
    private static final Duration LAST_WORDS = Duration.ofMillis(300);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(5);
    private static final int SPAWNS_MAX = 1000;
    private static final boolean LINUX =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");

    private final Function<RoleSpec, List<String>> commands;
    private final Function<String, OutputStream> logs;
    private final Path directory;
    private final RoleNetwork network;
    private final Optional<HeldPort> port;
    private final LinkedBlockingQueue<Runnable> spawns = new LinkedBlockingQueue<>(SPAWNS_MAX);
    private final Set<RoleProcess> running = ConcurrentHashMap.newKeySet();
    private final Thread spawner;
    private volatile boolean closed;

    /**
     * @param commands the command line of a role
     * @param logs where a role's lines go, by its name; never closed here
     * @param directory where the children work
     * @param network which network they are in; closed with this
     * @param port the socket of the role that listens, if one does; closed with this
     */
    ProcessLauncher(
            Function<RoleSpec, List<String>> commands,
            Function<String, OutputStream> logs,
            Path directory,
            RoleNetwork network,
            Optional<HeldPort> port) {
        this.commands = commands;
        this.logs = logs;
        this.directory = directory;
        this.network = network;
        this.port = port;
        this.spawner = Thread.ofPlatform().name("spawner").start(this::spawn);
    }

    @Override
    public TreeLauncher kind() {
        return TreeLauncher.PROCESS;
    }

    @Override
    public List<String> notIsolated() {
        return LINUX
                ? List.of(network.notIsolated())
                : List.of(network.notIsolated(), "this system has no parent-death signal: the control pipe alone");
    }

    @Override
    public Child launch(Launch launch, Listener listener) {
        var process = new RoleProcess(launch, listener);
        running.add(process);
        spawns.add(process::start);
        return process;
    }

    @Override
    public void close() {
        closed = true;
        running.forEach(RoleProcess::kill);
        long end = System.nanoTime() + CLOSE_MAX.toNanos();
        for (RoleProcess process : running) {
            process.awaitEnd(end - System.nanoTime());
        }
        spawner.interrupt();
        network.close();
        port.ifPresent(HeldPort::close);
    }

    private void spawn() {
        try {
            while (true) {
                spawns.take().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (!closed) {
                // The kernel kills every child with this thread: a supervisor without it could start nothing again.
                System.err.println("The thread that starts the roles has failed: the supervisor ends with them.");
                Runtime.getRuntime().halt(Main.EXIT_FAILED);
            }
        }
    }

    /** A child from the order to its end. Its lock guards the two fields below it; nothing blocks while holding it. */
    private final class RoleProcess implements Child {
        private final Launch launch;
        private final Listener listener;
        private @Nullable Process process;
        private boolean ended;

        RoleProcess(Launch launch, Listener listener) {
            this.launch = launch;
            this.listener = listener;
        }

        /** On the spawner. */
        private void start() {
            String role = launch.role().name();
            synchronized (this) {
                if (ended || closed) {
                    end(new Exit(-1, "no longer wanted"));
                    return;
                }
            }
            var builder = new ProcessBuilder(network.enter(role, commands.apply(launch.role())))
                    .redirectErrorStream(true)
                    .directory(directory.toFile());
            builder.environment().clear();
            builder.environment().putAll(launch.environment());
            builder.environment().putAll(network.variables(role));
            builder.environment()
                    .put(
                            "OMNI_SUPERVISOR_PID",
                            Long.toString(ProcessHandle.current().pid()));
            Process started;
            try {
                Optional<HeldPort> own = port.filter(held -> held.isOf(role));
                started = own.isPresent() ? own.get().start(builder) : builder.start();
            } catch (IOException e) {
                end(new Exit(-1, String.valueOf(e.getMessage())));
                return;
            }
            carry(role, started);
        }

        private void carry(String role, Process started) {
            var pump = new LinePump(role, started.getInputStream(), logs.apply(role));
            Thread carrier = Thread.ofPlatform().daemon().name("log-" + role).start(pump);
            boolean kill;
            synchronized (this) {
                process = started;
                kill = ended || closed;
            }
            if (kill) {
                killNow(started);
            }
            listener.started(started.pid());
            Thread.ofVirtual().name("wait-" + role).start(() -> await(started, carrier, pump));
        }

        private void await(Process started, Thread carrier, LinePump pump) {
            try {
                int code = started.waitFor();
                Native.killGroup(started.pid()); // whatever it has started itself
                carrier.join(LAST_WORDS);
                closePipe(started);
                end(new Exit(code, pump.lastWord()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void end(Exit exit) {
            running.remove(this);
            synchronized (this) {
                ended = true;
                notifyAll();
            }
            listener.exited(exit);
        }

        @Override
        public synchronized void terminate() {
            if (process != null) {
                process.toHandle().destroy(); // Process.destroy would close the control pipe, too
            } else {
                ended = true;
            }
        }

        @Override
        public synchronized void kill() {
            if (process != null) {
                killNow(process);
            } else {
                ended = true;
            }
        }

        private static void killNow(Process victim) {
            if (victim.isAlive()) {
                Native.killGroup(victim.pid());
                victim.toHandle().destroyForcibly();
            }
        }

        private synchronized void awaitEnd(long nanos) {
            try {
                long end = System.nanoTime() + nanos;
                while (!ended && end > System.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, end - System.nanoTime()));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void closePipe(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            System.getLogger("omni.init").log(System.Logger.Level.DEBUG, "A control pipe did not close", e);
        }
    }
}
