package omni.fetch;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.fetch.FetchProtocol.Sending;
import org.eclipse.jgit.lib.EmptyProgressMonitor;
import org.eclipse.jgit.lib.ProgressMonitor;

/** How far a push is. JGit writes, one thread looks. */
final class SendingMeter {
    private volatile String task = "connecting";
    private final AtomicInteger done = new AtomicInteger();
    private volatile int total;

    /** What JGit tells, and asks whether it is still wanted. */
    static final class Monitor extends EmptyProgressMonitor {
        private final SendingMeter meter;
        private final Cancellation cancellation;

        private Monitor(SendingMeter meter, Cancellation cancellation) {
            this.meter = meter;
            this.cancellation = cancellation;
        }

        @Override
        public void beginTask(String title, int totalWork) {
            meter.task = title;
            meter.done.set(0);
            meter.total = totalWork;
        }

        @Override
        public void update(int completed) {
            meter.done.addAndGet(completed);
        }

        @Override
        public boolean isCancelled() {
            return cancellation.isCancelled();
        }
    }

    Monitor monitor(Cancellation cancellation) {
        return new Monitor(this, cancellation);
    }

    Sending look() {
        Optional<Long> of = Optional.of((long) total).filter(work -> work != ProgressMonitor.UNKNOWN);
        return new Sending(task, (long) done.get(), of.orElse(null));
    }
}
