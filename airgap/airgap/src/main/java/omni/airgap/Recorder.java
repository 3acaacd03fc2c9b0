package omni.airgap;

import java.io.Closeable;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the evidence: each change of the gap with its steps, and while it is closed, at times, what the links have sent
 * and how many sockets there are. One thread writes; a record that cannot be written is told in the log, and opens nothing.
 */
final class Recorder implements Closeable {
    private final Gap gap;
    private final EvidenceChain chain;
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("evidence").factory());

    Recorder(Gap gap, EvidenceChain chain) {
        this.gap = gap;
        this.chain = chain;
    }

    /** Records from now on; while closed, also every so often. */
    Recorder start(Duration interval) {
        var _ = gap.onChange(this::changed);
        var _ = writer.scheduleWithFixedDelay(
                this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    /** Records that; the links are those of the moment when it is written. */
    void changed(Gap.Status status) {
        String kind = switch (status.state()) {
            case GAP -> "closed";
            case OPEN -> "open";
            case ENGAGING, LIFTING, BROKEN -> status.state().name().toLowerCase(Locale.ROOT);
        };
        try {
            writer.execute(() -> write(kind, status));
        } catch (RejectedExecutionException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "On the way out", e);
        }
    }

    private void look() {
        Gap.Status status = gap.status();
        if (status.state().closed()) {
            write("watched", status);
        }
    }

    private void write(String kind, Gap.Status status) {
        Urgency.takeTurns(); // to close is urgent, to write it down is not
        ObjectNode body = EvidenceChain.body();
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
        try {
            links(body);
            census(body);
            var obstacles = body.putArray("obstacles");
            gap.obstacles().forEach(obstacles::add);
        } catch (AirgapException e) {
            body.put("notSeen", e.getMessage());
        }
        try {
            chain.append(kind, EvidenceChain.fits(body) ? body : shortened(status));
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "No evidence was written", e);
        }
    }

    /** Many links or long names are no way to keep a gap out of the evidence. */
    private static ObjectNode shortened(Gap.Status status) {
        return EvidenceChain.body()
                .put("cause", status.cause())
                .put("corrections", status.corrections())
                .put("notSeen", "more than a record holds: steps, links and sockets are left out");
    }

    private void links(ObjectNode body) throws AirgapException {
        ObjectNode sent = body.putObject("sentFrames");
        for (NetworkStack stack : gap.stacks()) {
            ObjectNode links = sent.putObject(Long.toString(stack.number()));
            stack.sentFrames().forEach(links::put);
        }
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
