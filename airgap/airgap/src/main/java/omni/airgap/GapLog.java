package omni.airgap;

import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What the role's log says of a gap: a line when it is closed and confirmed, and one when it is lifted. Of the role alone: of an offline
 * lift, which is a command, a person sees on the terminal whatever is logged. Called by the gap, for one change at a time; a thread of
 * its own writes, so that nothing waits where nobody reads the log, and then lines are left out. What closed it is not said: that may be
 * the owner's own words, which stand in the evidence and in no log.
 */
final class GapLog implements Consumer<Gap.Status>, Closeable {
    private static final int WAITING_MAX = 100;

    private final Consumer<String> log;
    private final ThreadPoolExecutor writer = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            Thread.ofPlatform().daemon().name("gap-log").factory(),
            new ThreadPoolExecutor.DiscardPolicy());

    private State before = State.OPEN;
    private Instant since = Instant.EPOCH;

    GapLog() {
        this(line -> System.getLogger("omni.airgap").log(System.Logger.Level.INFO, "{0}", line));
    }

    /** With another place for the lines. */
    GapLog(Consumer<String> log) {
        this.log = log;
    }

    @Override
    public void accept(Gap.Status status) {
        if (status.state() == State.GAP && before != State.GAP) {
            tell("The gap is closed, and every step is confirmed: " + closed(status));
        } else if (status.state() == State.OPEN && before != State.OPEN) {
            Duration closed = Duration.between(since, status.since());
            tell("The gap is open, after " + Math.max(0, closed.toSeconds()) + " s, "
                    + status.cause().replaceFirst("^lift: ", "lifted by "));
        }
        before = status.state();
        since = status.since();
    }

    private void tell(String line) {
        writer.execute(() -> {
            Urgency.takeTurns();
            log.accept(line);
        });
    }

    /** Such as "1 namespace, links 2, radios 1, sockets 17". */
    private static String closed(Gap.Status status) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Report.Step step : status.steps()) {
            step.closed().ifPresent(count -> counts.merge(step.name(), count, Integer::sum));
        }
        List<String> words = new ArrayList<>();
        words.add(status.namespaces() == 1 ? "1 namespace" : status.namespaces() + " namespaces");
        counts.forEach((name, count) -> words.add(name + " " + count));
        return String.join(", ", words);
    }

    /** What was handed in is written yet, and not waited for. */
    @Override
    public void close() {
        writer.shutdown();
    }
}
