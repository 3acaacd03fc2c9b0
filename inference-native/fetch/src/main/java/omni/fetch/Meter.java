package omni.fetch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import omni.fetch.FetchProtocol.Progress;
import omni.fetch.FetchProtocol.ProgressPhase;

/** How far a pull is. The pull's threads write, one thread looks. */
final class Meter {
    private static final long WINDOW_NANOS = 10_000_000_000L;

    private final LongSupplier nanos;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private volatile long total = -1;
    private volatile ProgressPhase phase = ProgressPhase.RESOLVING;
    private volatile String file = "";
    private volatile int fileNumber;
    private volatile int files;
    private volatile String note = "";
    private volatile String sha256 = "";
    private final Deque<long[]> samples = new ArrayDeque<>();

    /** Time comes from that clock, in nanoseconds. */
    Meter(LongSupplier nanos) {
        this.nanos = nanos;
    }

    void plan(int howMany, long totalBytes) {
        files = howMany;
        total = totalBytes;
    }

    /** At work is that file from now on; {@code promised} is what its SHA-256 must be, empty where nobody said so. */
    void enter(ProgressPhase now, String name, int number, String promised) {
        phase = now;
        file = name;
        fileNumber = number;
        sha256 = promised;
    }

    /** Bytes came from the network and are written. */
    void add(long count) {
        bytes.addAndGet(count);
        received.addAndGet(count);
    }

    /** Bytes are there, or no longer, without the network. */
    void correct(long count) {
        bytes.addAndGet(count);
    }

    /** Bytes of all files that are there. */
    long bytes() {
        return bytes.get();
    }

    /** Says what is being waited for; the empty text takes it away. */
    void note(String text) {
        note = text;
    }

    /** The state now. Called by one thread. */
    Progress look() {
        long now = nanos.getAsLong();
        long count = received.get();
        samples.addLast(new long[] {now, count});
        while (samples.size() > 2 && now - samples.getFirst()[0] > WINDOW_NANOS) {
            samples.removeFirst();
        }
        long[] first = samples.getFirst();
        double seconds = (now - first[0]) / 1e9;
        long rate = seconds <= 0 ? 0 : Math.round((count - first[1]) / seconds);
        long here = bytes.get();
        long all = total;
        OptionalLong left = all < 0 || rate <= 0 || phase != ProgressPhase.FETCHING
                ? OptionalLong.empty()
                : OptionalLong.of((Math.max(0, all - here) + rate - 1) / rate);
        String waits = note;
        String promised = sha256;
        return new Progress(
                phase,
                file,
                fileNumber,
                files,
                here,
                all < 0 ? null : all,
                rate,
                left.isPresent() ? left.getAsLong() : null,
                waits.isEmpty() ? null : waits,
                promised.isEmpty() ? null : promised);
    }
}
