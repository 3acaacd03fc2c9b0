package omni.init;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import omni.bus.RunDirectory;
import omni.role.SupervisorConfig;
import omni.role.SupervisorProtocol.TreeState;

/**
 * Drives one {@link Tree}: one thread takes events in order, asks the tree, publishes what it looks like now, and has the
 * launcher carry out the orders. An error in that thread ends the program: a supervisor that has failed supervises
 * nothing.
 *
 * <p>Any thread may call. The lock of this object guards the snapshot, and is never held while something blocks.
 */
final class Supervisor implements AutoCloseable {
    private static final int EVENTS_MAX = 10_000;
    private static final int EXIT_FAILED = 70;
    private static final Duration LOOK = Duration.ofMillis(100);

    /** Who is told what happens, on the tree's thread; must not block. */
    interface Watcher {
        /** One line about a role; bad where something failed. */
        void told(String role, boolean bad, String line);
    }

    private record Posted(Event event, CompletableFuture<Void> handled) {}

    private final Tree tree;
    private final Roster roster;
    private final Launcher launcher;
    private final Place place;
    private final Watcher watcher;
    private final System.Logger log = System.getLogger("omni.init");
    private final LinkedBlockingQueue<Posted> events = new LinkedBlockingQueue<>(EVENTS_MAX);
    private final Map<String, Launcher.Child> children = new HashMap<>();
    private final CompletableFuture<Order.Outcome> outcome = new CompletableFuture<>();
    private final long origin = System.nanoTime();
    private final Thread thread;
    private Snapshot snapshot;

    Supervisor(Roster roster, SupervisorConfig patience, Launcher launcher, Place place, Watcher watcher) {
        this.tree = new Tree(roster, patience, RandomName::next);
        this.roster = roster;
        this.launcher = launcher;
        this.place = place;
        this.watcher = watcher;
        this.snapshot = new Snapshot(0, tree.state(), "", tree.roles(), Map.of());
        this.thread = Thread.ofPlatform().name("tree").unstarted(this::run);
        thread.setUncaughtExceptionHandler((dead, thrown) -> die(thrown));
    }

    /** Starts the tree. */
    void start() {
        post(new Event.Begin());
        thread.start();
    }

    /** Hands the tree an event. Blocks while the tree is far behind; does nothing once it has ended. */
    void post(Event event) {
        put(new Posted(event, new CompletableFuture<>()));
    }

    /** As {@link #post}, and waits until the tree has taken it in and the snapshot shows it. */
    void ask(Event event) {
        var posted = new Posted(event, new CompletableFuture<>());
        put(posted);
        posted.handled().join();
    }

    private void put(Posted posted) {
        try {
            boolean taken = false;
            while (!taken && !outcome.isDone()) {
                taken = events.offer(posted, LOOK.toMillis(), TimeUnit.MILLISECONDS);
            }
            if (outcome.isDone()) {
                posted.handled().complete(null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            posted.handled().complete(null);
        }
    }

    /** Stops everything in reverse order. */
    void stop(String reason) {
        post(new Event.Stop(reason));
    }

    /** How it ended; waits until it has. */
    Order.Outcome await() throws InterruptedException {
        awaitChange(s -> outcome.isDone(), Optional.empty());
        return outcome.join();
    }

    /** The tree as it is. */
    synchronized Snapshot snapshot() {
        return snapshot;
    }

    /** Waits until the snapshot is as wanted, or the tree has ended, or the time is over; returns the latest. */
    synchronized Snapshot awaitChange(Predicate<Snapshot> wanted, Optional<Duration> longest)
            throws InterruptedException {
        long end = System.nanoTime() + longest.map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
        while (!wanted.test(snapshot) && !outcome.isDone() && end > System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, end - System.nanoTime()));
        }
        return snapshot;
    }

    /** The names of the roles, in the order of their start. */
    Roster roster() {
        return roster;
    }

    /** How its roles run. */
    Launcher launcher() {
        return launcher;
    }

    private void run() {
        while (!outcome.isDone()) {
            Optional<Posted> posted = next();
            Event event = posted.map(Posted::event).orElse(new Event.Tick());
            List<Order> orders = tree.handle(event, now());
            publish();
            orders.forEach(this::carryOut);
            posted.ifPresent(p -> p.handled().complete(null));
        }
        for (Posted late = events.poll(); late != null; late = events.poll()) {
            late.handled().complete(null);
        }
    }

    private Optional<Posted> next() {
        try {
            Optional<Duration> due = tree.nextDue();
            if (due.isEmpty()) {
                return Optional.of(events.take());
            }
            long nanos = due.get().minus(now()).toNanos();
            return Optional.ofNullable(events.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InitException("The tree's thread was interrupted", e);
        }
    }

    private Duration now() {
        return Duration.ofNanos(System.nanoTime() - origin);
    }

    private synchronized void publish() {
        var next = new Snapshot(0, tree.state(), tree.reason(), tree.roles(), tree.instances()).after(snapshot);
        snapshot = next;
        notifyAll();
    }

    private void carryOut(Order order) {
        switch (order) {
            case Order.Launch launch -> launch(launch);
            case Order.Terminate terminate -> child(terminate.instance()).ifPresent(Launcher.Child::terminate);
            case Order.Kill kill -> child(kill.instance()).ifPresent(Launcher.Child::kill);
            case Order.Tell tell -> {
                log.log(
                        tell.bad() ? System.Logger.Level.WARNING : System.Logger.Level.INFO,
                        tell.role() + " " + tell.line());
                watcher.told(tell.role(), tell.bad(), tell.line());
            }
            case Order.Finish finish -> {
                synchronized (this) {
                    outcome.complete(finish.outcome());
                    notifyAll();
                }
            }
        }
    }

    private void launch(Order.Launch launch) {
        String instance = launch.instance();
        clearSocket(launch.role().name());
        Map<String, String> variables =
                place.variables(System.getenv(), launch.role().name(), instance);
        var listener = new Launcher.Listener() {
            @Override
            public void started(long pid) {
                post(new Event.Started(instance, pid));
            }

            @Override
            public void exited(Launcher.Exit exit) {
                post(new Event.Exited(instance, exit));
            }
        };
        children.keySet().retainAll(tree.instances().values());
        children.put(instance, launcher.launch(new Launcher.Launch(launch.role(), instance, variables), listener));
    }

    /** The last process of the role is gone; its socket, had it no time to remove it, would only mislead. */
    private void clearSocket(String role) {
        try {
            Files.deleteIfExists(RunDirectory.socket(place.runDir(), role));
        } catch (IOException e) {
            throw new UncheckedIOException("A leftover socket cannot be removed", e);
        }
    }

    private Optional<Launcher.Child> child(String instance) {
        return Optional.ofNullable(children.get(instance));
    }

    private void die(Throwable thrown) {
        try {
            log.log(System.Logger.Level.ERROR, "The supervisor has failed", thrown);
            launcher.close();
        } finally {
            Runtime.getRuntime().halt(EXIT_FAILED);
        }
    }

    /** Whether every resident role is ready. */
    boolean isReady() {
        return snapshot().state() == TreeState.READY;
    }

    /** Kills what still runs. */
    @Override
    public void close() {
        launcher.close();
    }
}
