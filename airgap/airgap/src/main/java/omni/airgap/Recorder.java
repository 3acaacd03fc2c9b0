package omni.airgap;

import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the evidence: where the gap stands as the role starts, each change with its steps, and while it is closed, at times, what the links
 * have sent and how many sockets there are; with the first of a gap, what both were when it was last seen open. One thread writes, and waits
 * for the evidence to be opened; a record that cannot be written is told ({@link Evidence#append}), and opens nothing.
 *
 * <p>Nothing that closes waits for it. A lift does, before it opens anything, until the disk has it that it begins; not for ever, and not
 * while somebody closes again.
 */
final class Recorder implements Closeable {
    /** How long a lift waits for its record: a disk or a TPM that hangs is no reason to stay closed for ever. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How often a lift that waits looks whether somebody closes again. */
    private static final Duration SLICE = Duration.ofMillis(10);

    private static final System.Logger LOG = System.getLogger("omni.airgap");

    private final Gap gap;
    private final Evidence evidence;
    private final InstantSource clock;
    private final Duration patience;
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("evidence").factory());
    private volatile Optional<ObjectNode> before = Optional.empty();
    /** When a lift went on without its record, until a record says so. */
    private final AtomicReference<Optional<Instant>> late = new AtomicReference<>(Optional.empty());

    Recorder(Gap gap, Evidence evidence, InstantSource clock) {
        this(gap, evidence, clock, PATIENCE);
    }

    /** With another wait of a lift. */
    Recorder(Gap gap, Evidence evidence, InstantSource clock, Duration patience) {
        this.gap = gap;
        this.evidence = evidence;
        this.clock = clock;
        this.patience = patience;
    }

    /** Records from now on; while closed, also every so often; while open it looks as often, and keeps the last look. */
    Recorder start(Duration interval) {
        var _ = gap.onChange(this::changed);
        var _ = writer.scheduleWithFixedDelay(this::tryToLook, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    /** Records how the role has found the gap: a lift of which nothing could be written shows by that. */
    Recorder started() {
        Gap.Status status = gap.status();
        Instant at = clock.instant();
        var _ = execute(() -> {
            Urgency.takeTurns();
            return append(CounterMark.STARTED, body(status, at).put("state", word(status.state())));
        });
        return this;
    }

    /** Records that, with its time; the links are those of the moment when it is written. */
    void changed(Gap.Status status) {
        String kind = switch (status.state()) {
            case GAP -> "closed";
            case OPEN -> "open";
            case ENGAGING, LIFTING, BROKEN -> word(status.state());
        };
        // Of a lift, before its first step: afterwards they send again.
        Optional<ObjectNode> sent = status.state() == State.LIFTING ? sentSoFar() : Optional.empty();
        Instant at = clock.instant(); // on a busy machine it is written seconds later
        Optional<Future<Boolean>> written = execute(() -> write(kind, status, sent, at));
        if (status.state() == State.LIFTING && written.isPresent()) {
            await(written.get(), at);
        }
    }

    /** A fault here keeps no lift from its end. */
    private Optional<ObjectNode> sentSoFar() {
        try {
            return Optional.of(sentFrames());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "What the links have sent cannot be told", e);
            return Optional.empty();
        }
    }

    private static String word(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** Work that tells whether its record is written. */
    private Optional<Future<Boolean>> execute(Callable<Boolean> work) {
        try {
            return Optional.of(writer.submit(work));
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "On the way out", e);
            return Optional.empty();
        }
    }

    /** On the thread of the lift: whoever closes again meanwhile waits for that thread, and so it waits no more. */
    private void await(Future<Boolean> written, Instant at) {
        long start = System.nanoTime();
        while (!gap.awaited()) {
            try {
                if (!written.get(SLICE.toMillis(), TimeUnit.MILLISECONDS)) { // the disk is full
                    late.set(Optional.of(at));
                }
                return;
            } catch (TimeoutException e) {
                if (System.nanoTime() - start > patience.toNanos()) {
                    late.set(Optional.of(at));
                    LOG.log(System.Logger.Level.ERROR, "A lift goes on, though it is not in the evidence yet", e);
                    return;
                }
            } catch (ExecutionException | CancellationException e) {
                late.set(Optional.of(at));
                LOG.log(System.Logger.Level.ERROR, "A lift is not in the evidence", e);
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** A fault in one look is no reason to look no more. */
    private void tryToLook() {
        try {
            look();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "A look for the evidence failed", e);
        }
    }

    private void look() {
        evidence.catchUp();
        Gap.Status status = gap.status();
        if (status.state().closed()) {
            write("watched", status, Optional.empty(), clock.instant());
        } else {
            lookWhileOpen();
        }
    }

    /** What was seen last while it was open. */
    Optional<ObjectNode> before() {
        return before;
    }

    private void lookWhileOpen() {
        if (gap.shut() || gap.status().state().closed()) {
            return;
        }
        Urgency.takeTurns();
        ObjectNode seen = EvidenceChain.body().put("at", clock.instant().toString());
        seen(seen, Optional.empty(), true);
        if (!gap.shut()) { // or some of it was seen while it was closed
            before = Optional.of(seen);
        }
    }

    private boolean write(String kind, Gap.Status status, Optional<ObjectNode> sent, Instant at) {
        Urgency.takeTurns(); // to close is urgent, to write it down is not
        try {
            return append(kind, whole(status, sent, at));
        } catch (RuntimeException e) { // better a record that says less
            LOG.log(System.Logger.Level.ERROR, "What there is cannot be told in the evidence", e);
            return append(kind, body(status, at).put("notSeen", "a fault of this program: its log tells of it"));
        }
    }

    private ObjectNode whole(Gap.Status status, Optional<ObjectNode> sent, Instant at) {
        ObjectNode body = body(status, at);
        var problems = body.putArray("problems");
        status.problems().forEach(problems::add);
        var steps = body.putArray("steps");
        for (Report.Step step : status.steps()) {
            steps.addObject()
                    .put("namespace", step.namespace())
                    .put("name", step.name())
                    .put("confirmed", step.confirmed())
                    .put("micros", step.micros());
        }
        // A lift has just seen to it that nothing is in its way, and waits for this.
        seen(body, sent, status.state() != State.LIFTING);
        if (status.state() == State.ENGAGING) {
            before.ifPresent(last -> body.set("before", last));
        }
        if (!EvidenceChain.fits(body)) {
            body.remove("before");
        }
        // Many links or long names are no way to keep a gap out of the evidence.
        return EvidenceChain.fits(body)
                ? body
                : body(status, at).put("notSeen", "more than a record holds: steps, links and sockets are left out");
    }

    /** What each record has. */
    private static ObjectNode body(Gap.Status status, Instant at) {
        ObjectNode body = EvidenceChain.body().put("at", at.toString());
        if (status.state().closed()) { // which gap it is
            body.put("since", status.since().toString());
        }
        return body.put("cause", status.cause()).put("corrections", status.corrections());
    }

    private boolean append(String kind, ObjectNode body) {
        Optional<Instant> untold = late.get();
        untold.ifPresent(lift -> body.put("late", lift.toString()));
        boolean written = evidence.append(kind, body);
        if (written && untold.isPresent()) {
            var _ = late.compareAndSet(untold, Optional.empty());
        }
        return written;
    }

    /** What there is: frames; sockets, and what stands in the way of a lift with its owners. */
    private void seen(ObjectNode body, Optional<ObjectNode> sent, boolean sockets) {
        body.set("sentFrames", sent.orElseGet(this::sentFrames));
        if (!sockets) {
            return;
        }
        try {
            census(body);
            var obstacles = body.putArray("obstacles");
            gap.obstacles().forEach(obstacles::add);
        } catch (AirgapException e) {
            body.put("notSeen", e.getMessage());
        }
    }

    /** By namespace and link; a namespace that does not say is left out. */
    private ObjectNode sentFrames() {
        ObjectNode sent = EvidenceChain.body();
        for (NetworkStack stack : gap.stacks()) {
            try {
                ObjectNode links = EvidenceChain.body();
                stack.sentFrames()
                        .forEach((number, link) ->
                                links.putObject(number).put("name", link.name()).put("frames", link.frames()));
                sent.set(Long.toString(stack.number()), links);
            } catch (AirgapException e) {
                LOG.log(System.Logger.Level.DEBUG, "A namespace does not count", e);
            }
        }
        return sent;
    }

    private void census(ObjectNode body) throws AirgapException {
        var list = body.putArray("census");
        for (Census.Count count : gap.audit().census().namespaces()) {
            list.addObject()
                    .put("namespace", count.namespace())
                    .put("used", count.used())
                    .put("unexplained", count.unexplained());
        }
    }

    /** What was handed in is written first. */
    @Override
    public void close() {
        writer.close();
    }
}
