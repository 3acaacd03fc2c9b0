package omni.airgap;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Looks at a closed gap once a second, and closes what is open again: for systems where nothing tells of a change, so that it
 * can be open for a second, where {@link Watch} takes milliseconds. One platform thread.
 */
final class PollingWatch {
    private static final int POLL_MILLIS = 1000;
    /** While the gap is open, one look in so many: whether closing is still ready. */
    private static final int POLLS_OPEN = 10;

    private final Gap gap;
    private final Semaphore end = new Semaphore(0);
    private final Thread thread = Thread.ofPlatform().name("gap-check").unstarted(this::run);

    PollingWatch(Gap gap) {
        this.gap = gap;
    }

    PollingWatch start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            for (long i = 1; !end.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS); i++) {
                if (gap.shut()) {
                    look();
                } else if (gap.unsettled() || i % POLLS_OPEN == 0) {
                    gap.check();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One look: the gap is gone through again only where something does not hold, for that starts many programs. */
    void look() {
        List<String> open = new ArrayList<>();
        boolean holds = gap.status().state() == State.GAP;
        for (NetworkStack stack : gap.stacks()) {
            try {
                open.addAll(stack.problems());
            } catch (AirgapException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "The watch cannot look", e);
                holds = false;
            }
        }
        if (!holds || !open.isEmpty()) {
            gap.check();
        }
    }

    void close() {
        end.release();
        Threads.join(thread);
    }
}
