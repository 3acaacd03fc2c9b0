package omni.airgap;

import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the evidence: each change of the gap with its steps, and while it is closed, at times, what the links have sent
 * and how many sockets there are; with the first of a gap, what both were when it was last seen open. One thread writes, and waits
 * for the evidence to be opened; a record that cannot be written is told in the log, and opens nothing.
 */
final class Recorder implements Closeable {
    private final Gap gap;
    private final Evidence evidence;
    private final InstantSource clock;
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("evidence").factory());
    private volatile Optional<ObjectNode> before = Optional.empty();

    Recorder(Gap gap, Evidence evidence, InstantSource clock) {
        this.gap = gap;
        this.evidence = evidence;
        this.clock = clock;
    }

    /** Records from now on; while closed, also every so often; while open it looks as often, and keeps the last look. */
    Recorder start(Duration interval) {
        var _ = gap.onChange(this::changed);
        var _ = writer.scheduleWithFixedDelay(this::look, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    /** Records that, with its time; the links are those of the moment when it is written. */
    void changed(Gap.Status status) {
        String kind = switch (status.state()) {
            case GAP -> "closed";
            case OPEN -> "open";
            case ENGAGING, LIFTING, BROKEN -> status.state().name().toLowerCase(Locale.ROOT);
        };
        // Of a lift, before its first step: afterwards they send again.
        Optional<ObjectNode> sent = status.state() == State.LIFTING ? Optional.of(sentFrames()) : Optional.empty();
        Instant at = clock.instant(); // on a busy machine it is written seconds later
        try {
            writer.execute(() -> write(kind, status, sent, at));
        } catch (RejectedExecutionException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "On the way out", e);
        }
    }

    private void look() {
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
        seen(seen, Optional.empty());
        if (!gap.shut()) { // or some of it was seen while it was closed
            before = Optional.of(seen);
        }
    }

    private void write(String kind, Gap.Status status, Optional<ObjectNode> sent, Instant at) {
        Urgency.takeTurns(); // to close is urgent, to write it down is not
        ObjectNode body = EvidenceChain.body().put("at", at.toString());
        body.put("cause", status.cause()).put("corrections", status.corrections());
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
        seen(body, sent);
        if (status.state() == State.ENGAGING) {
            before.ifPresent(last -> body.set("before", last));
        }
        try {
            if (!EvidenceChain.fits(body)) {
                body.remove("before");
            }
            evidence.chain().append(kind, EvidenceChain.fits(body) ? body : shortened(status, at));
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "No evidence was written", e);
        }
    }

    /** Many links or long names are no way to keep a gap out of the evidence. */
    private static ObjectNode shortened(Gap.Status status, Instant at) {
        return EvidenceChain.body()
                .put("at", at.toString())
                .put("cause", status.cause())
                .put("corrections", status.corrections())
                .put("notSeen", "more than a record holds: steps, links and sockets are left out");
    }

    /** What there is: frames, sockets, and what stands in the way of a lift with its owners. */
    private void seen(ObjectNode body, Optional<ObjectNode> sent) {
        body.set("sentFrames", sent.orElseGet(this::sentFrames));
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
                stack.sentFrames().forEach(links::put);
                sent.set(Long.toString(stack.number()), links);
            } catch (AirgapException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "A namespace does not count", e);
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
