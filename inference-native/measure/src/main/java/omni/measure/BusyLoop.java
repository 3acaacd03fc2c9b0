package omni.measure;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Threads that never rest, as a program that computes: of usual priority, and doing nothing else. Ends when closed. */
final class BusyLoop implements AutoCloseable {
    private final ThreadMXBean times = ManagementFactory.getThreadMXBean();
    private final List<Thread> threads = new ArrayList<>();
    private final long startNanos;
    private final long usedBefore;
    private volatile boolean over;

    /** Starts them, and waits until each one runs. */
    BusyLoop(int count) {
        var running = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().daemon().name("busy-loop").start(() -> spin(running)));
        }
        try {
            running.await();
        } catch (InterruptedException e) {
            over = true;
            Thread.currentThread().interrupt();
        }
        usedBefore = usedNanos();
        startNanos = System.nanoTime();
    }

    private void spin(CountDownLatch running) {
        running.countDown();
        while (!over) {
            // Reading the end's flag is all the work there is: it fits in a register and a cache line.
        }
    }

    /** What each of them has had of a processor since the start, on average: 0 to 1. */
    double share() {
        return (double) (usedNanos() - usedBefore) / threads.size() / (System.nanoTime() - startNanos);
    }

    private long usedNanos() {
        return threads.stream()
                .mapToLong(thread -> Math.max(0, times.getThreadCpuTime(thread.threadId())))
                .sum();
    }

    @Override
    public void close() {
        over = true;
        for (var thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
