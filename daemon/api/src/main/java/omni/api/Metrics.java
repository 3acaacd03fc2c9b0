package omni.api;

import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.Model;
import org.jspecify.annotations.Nullable;

/**
 * What is counted for {@code GET /metrics}: of requests how they ended, of answers how long they took and how many tokens they
 * had; never what was said. Micrometer is loaded by the first request that has ended, and not by the start.
 *
 * <p>Safe for use by many threads. {@code scraping} lets one scrape be written at a time; {@code lock} guards the making of the
 * meters, and is a leaf.
 */
final class Metrics {
    /** The owner at the box, who comes by the bus with no key. */
    static final String OWNER = "owner";

    private static final Executor WRITER =
            task -> Thread.ofPlatform().daemon().name("omni-api-scrape").start(task);

    private final Supplier<EngineCounts> engine;
    private final LabelPairs labels = new LabelPairs();
    private final ReentrantLock scraping = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Meters meters;

    /** {@code engine} asks the engine, and does not wait long for it. */
    Metrics(Supplier<EngineCounts> engine) {
        this.engine = engine;
    }

    /** A request has ended. {@code key} is the id of its key, and {@code outcome} one of a fixed set of words. */
    void request(Optional<String> model, Optional<String> key, String outcome) {
        meters().request(labels.of(model.orElse(LabelPairs.NONE), key.orElse(LabelPairs.NONE)), outcome);
    }

    /** An answer has ended, be it before its end. */
    void answer(Model model, Optional<Caller> caller, AnswerTimes times) {
        if (times.toFirst().isPresent()) {
            meters().answer(labels.of(model.name(), caller.map(Caller::key).orElse(OWNER)), times);
        }
    }

    /** Texts of so many tokens were embedded. */
    void embedded(Model model, Caller caller, long tokens) {
        meters().promptTokens(labels.of(model.name(), caller.key()), tokens);
    }

    /**
     * Writes all of it as Prometheus' text, with what the engine says at this moment. A platform's thread writes it: Prometheus'
     * client writes character by character into a {@link java.io.BufferedWriter}, which on a virtual thread begins small and
     * grows, copying itself, by each one.
     */
    void scrape(OutputStream out) {
        var made = meters();
        scraping.lock();
        try {
            CompletableFuture.runAsync(() -> made.scrape(out), WRITER).join();
        } finally {
            scraping.unlock();
        }
    }

    private Meters meters() {
        var made = meters;
        if (made != null) {
            return made;
        }
        lock.lock();
        try {
            var other = meters;
            var mine = other == null ? new Meters(new BoxMetrics(engine, labels)) : other;
            meters = mine;
            return mine;
        } finally {
            lock.unlock();
        }
    }
}
