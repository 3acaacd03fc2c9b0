package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which threads of this process go before those of other programs (sched(7)). A kill switch does not wait until everybody has had
 * their turn; but what corrects and looks, again and again, must never keep the kernel's own workers from theirs.
 */
final class Urgency {
    /**
     * Threads between a request and the first datagram, as the virtual machine names them: the carriers of virtual threads, those that
     * wake them, and the one that all wait for at a safepoint. The kernel cuts names off after 15 bytes.
     */
    private static final List<String> ON_THE_WAY =
            List.of("ForkJoinPool-", "MasterPoller", "Read-Poller", "VirtualThread-u", "VM Thread");

    private static final int URGENT = -20;
    private static final int PATIENT = 10;

    private Urgency() {}

    /**
     * Makes the threads real-time ones through which a request comes: a nice value is not enough, whoever runs keeps the processor
     * for some milliseconds all the same, and that at each step from one thread to the next. All others get the lowest nice value.
     * Where that may not be, nothing is changed; {@link #limits} says so.
     */
    static void arrange() {
        for (Path task : Processes.numbered(Path.of("/proc/self/task"))) {
            try {
                int thread = Integer.parseInt(task.getFileName().toString());
                String name = Files.readString(task.resolve("comm"));
                if (ON_THE_WAY.stream().anyMatch(name::startsWith)) {
                    Libc.realTime(thread);
                } else {
                    Libc.ordinary(thread, URGENT);
                }
            } catch (IOException e) { // KernelException is one
                System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "No more urgent than others", e);
            }
        }
    }

    /** Whether this process may do that, and if not, what it means; a line. */
    static Optional<String> limits() {
        try {
            Libc.realTime(own());
            Libc.ordinary(own(), URGENT);
            Libc.ordinary(own(), 0);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("other programs may hold a gap up: its threads cannot go before theirs ("
                    + e.getMessage() + "); started as root, or by the units of `omni units systemd`, they do");
        }
    }

    /** Puts the calling thread before those of others that are not real-time ones. */
    static void hurry() {
        ordinary(URGENT);
    }

    /** Puts the calling thread among those of others. */
    static void takeTurns() {
        ordinary(0);
    }

    /** Puts the calling thread behind those of others. */
    static void giveWay() {
        ordinary(PATIENT);
    }

    private static void ordinary(int nice) {
        try {
            Libc.ordinary(own(), nice);
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "As urgent as others", e);
        }
    }

    private static int own() throws IOException {
        Path own = Files.readSymbolicLink(Path.of("/proc/thread-self"));
        return Integer.parseInt(String.valueOf(own.getFileName()));
    }
}
