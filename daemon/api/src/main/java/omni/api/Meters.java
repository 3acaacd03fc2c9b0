package omni.api;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;

/**
 * Micrometer's meters, with the names and the buckets that docs/api.md lists. Safe for use by many threads.
 *
 * <p>Micrometer makes Prometheus' names of these: a dot becomes an underscore, a timer ends in {@code _seconds}, a counter in
 * {@code _total}.
 */
final class Meters {
    private static final Duration[] TO_FIRST = millis(50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 120_000);
    private static final Duration[] BETWEEN = millis(2, 5, 10, 20, 35, 50, 75, 100, 200, 500);
    private static final Duration[] QUEUE = millis(1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 120_000);

    private final PrometheusMeterRegistry registry;

    /** {@code asked} is what is not counted here but looked up at each scrape. */
    Meters(BoxMetrics asked) {
        var prometheus = new PrometheusRegistry();
        prometheus.register(asked);
        registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, prometheus, Clock.SYSTEM);
        Gauge.builder("omni.daemon.heap.used", Runtime.getRuntime(), heap -> heap.totalMemory() - heap.freeMemory())
                .baseUnit("bytes")
                .description("Java heap of the daemon in use, garbage included.")
                .register(registry);
    }

    private static Duration[] millis(long... bounds) {
        return Arrays.stream(bounds).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }

    void request(LabelPairs.Pair who, String outcome) {
        Counter.builder("omni.requests")
                .description(
                        "HTTP requests that have ended, by how: done, broken (the client left), or an error's code.")
                .tags("model", who.model(), "key", who.key(), "outcome", outcome)
                .register(registry)
                .increment();
    }

    void answer(LabelPairs.Pair who, AnswerTimes times) {
        times.toFirst()
                .ifPresent(time -> time(
                        who,
                        "omni.time.to.first.token",
                        "From the request to the first text of its answer.",
                        TO_FIRST,
                        time));
        times.usage().ifPresent(usage -> {
            time(
                    who,
                    "omni.queue",
                    "How long an answer waited in the engine for its first place.",
                    QUEUE,
                    AnswerTimes.millis(usage.queueMillis()));
            AnswerTimes.betweenTokens(usage)
                    .ifPresent(time -> time(
                            who,
                            "omni.inter.token",
                            "From one token to the next, the mean of an answer.",
                            BETWEEN,
                            time));
            promptTokens(who, usage.promptTokens());
            count(
                    who,
                    "omni.prompt.cached.tokens",
                    "Tokens of prompts that were in the KV cache already; part of omni_prompt_tokens_total.",
                    usage.cachedTokens());
            count(who, "omni.completion.tokens", "Tokens of answers.", usage.completionTokens());
            count(
                    who,
                    "omni.cache.hits",
                    "Answers whose prompt began with tokens that were in the KV cache already.",
                    usage.cachedTokens() > 0 ? 1 : 0);
        });
    }

    void promptTokens(LabelPairs.Pair who, long tokens) {
        count(who, "omni.prompt.tokens", "Tokens of prompts and of texts to embed.", tokens);
    }

    private void count(LabelPairs.Pair who, String name, String description, long more) {
        Counter.builder(name)
                .description(description)
                .tags("model", who.model(), "key", who.key())
                .register(registry)
                .increment((double) more);
    }

    private void time(LabelPairs.Pair who, String name, String description, Duration[] buckets, Duration time) {
        Timer.builder(name)
                .description(description)
                .tags("model", who.model(), "key", who.key())
                .serviceLevelObjectives(buckets)
                .register(registry)
                .record(time);
    }

    /** Writes Prometheus' text, version 0.0.4. */
    void scrape(OutputStream out) {
        try {
            registry.scrape(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
