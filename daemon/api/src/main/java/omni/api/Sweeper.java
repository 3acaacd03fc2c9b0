package omni.api;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The one clock of the daemon: looks at every connection each second and ends those that are late, and cancels answers
 * that take too long. Safe for use by many threads; one daemon thread of its own, which never blocks.
 */
final class Sweeper implements AutoCloseable {
    private static final Duration TICK = Duration.ofSeconds(1);

    private final Set<Wire> wires = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock;
    private final ScheduledFuture<?> ticking;

    /** Starts the clock; where a limit is shorter than four ticks, it ticks faster. */
    Sweeper(Wire.Patience patience) {
        clock = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("omni-api-clock").factory());
        var shortest = Math.min(
                patience.idle().toMillis(),
                Math.min(patience.request().toMillis(), patience.write().toMillis()));
        var tickMillis = Math.max(10, Math.min(TICK.toMillis(), shortest / 4));
        ticking = clock.scheduleWithFixedDelay(this::tick, tickMillis, tickMillis, TimeUnit.MILLISECONDS);
    }

    void add(Wire wire) {
        wires.add(wire);
    }

    void remove(Wire wire) {
        wires.remove(wire);
    }

    /** Runs the task once after the delay, on the clock's thread, unless cancelled; it must not block. */
    ScheduledFuture<?> after(Duration delay, Runnable task) {
        return clock.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        ticking.cancel(false);
        clock.shutdownNow();
    }

    private void tick() {
        var now = System.nanoTime();
        wires.forEach(wire -> wire.sweep(now));
    }
}
