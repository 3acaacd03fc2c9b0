package omni.vault;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;

/** For how long nothing was asked of the vault; work that goes on is no idleness. For any thread. */
final class Idleness {
    private final LongSupplier nanos;
    private final Set<Work> works = new HashSet<>();
    private long usedNanos;

    /** By {@link System#nanoTime()}. */
    Idleness() {
        this(System::nanoTime);
    }

    Idleness(LongSupplier nanos) {
        this.nanos = nanos;
        this.usedNanos = nanos.getAsLong();
    }

    /** Something is asked for now. */
    synchronized void used() {
        usedNanos = nanos.getAsLong();
    }

    /** Since when that is so; none while work goes on that says nothing of how far it is. */
    synchronized Duration time() {
        long now = nanos.getAsLong();
        long idle = now - usedNanos;
        for (Work work : works) {
            idle = Math.min(idle, work.steps ? now - work.stepNanos : 0);
        }
        return Duration.ofNanos(idle);
    }

    /** Work on this machine's disk that cannot tell how far it is. */
    Work work() {
        return begun(false);
    }

    /** Work that tells each of its steps: where none comes any more, as from a stick that hangs, that is idleness. */
    Work steps() {
        return begun(true);
    }

    private synchronized Work begun(boolean steps) {
        Work work = new Work(steps, nanos.getAsLong());
        works.add(work);
        return work;
    }

    /** Something that takes long. By itself it is no use: at its end all is as if it had not been. */
    final class Work implements AutoCloseable {
        private final boolean steps;
        private long stepNanos;

        private Work(boolean steps, long stepNanos) {
            this.steps = steps;
            this.stepNanos = stepNanos;
        }

        /** It has come further. */
        void step() {
            synchronized (Idleness.this) {
                stepNanos = nanos.getAsLong();
            }
        }

        @Override
        public void close() {
            synchronized (Idleness.this) {
                works.remove(this);
            }
        }
    }
}
