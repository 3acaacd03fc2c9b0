package omni.api;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import omni.engine.EngineProtocol.CountersReply;
import omni.engine.EngineProtocol.ModelCounters;

/**
 * What the engine knows and the daemon does not: asked for at each scrape, and absent where the engine is. Safe for use by
 * many threads.
 */
final class BoxMetrics implements MultiCollector {
    private static final double MILLIS = 1e3;

    private final Supplier<EngineCounts> engine;
    private final LabelPairs labels;

    BoxMetrics(Supplier<EngineCounts> engine, LabelPairs labels) {
        this.engine = engine;
        this.labels = labels;
    }

    /** What a model has, with what a label beside its name says. */
    private record Part(String label, ToDoubleFunction<ModelCounters> value) {}

    @Override
    public MetricSnapshots collect() {
        var said = engine.get();
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(gauge("omni_engine_up", "Whether the engine is there: 1 or 0.", said.up() ? 1 : 0));
        said.counts().ifPresent(counts -> {
            memory(all, counts);
            // A model that was never asked for has nothing to tell, and takes no name.
            var models = counts.models().stream()
                    .filter(model -> model.loads() + model.loadsFailed() > 0)
                    .toList();
            if (!models.isEmpty()) {
                models(all, models);
            }
        });
        return new MetricSnapshots(all);
    }

    private static void memory(List<MetricSnapshot> all, CountersReply counts) {
        var resident = counts.residentBytes();
        if (resident != null) {
            all.add(gauge("omni_engine_resident_bytes", "Memory of the engine's process.", resident));
        }
        var available = counts.availableBytes();
        if (available != null) {
            all.add(gauge("omni_memory_available_bytes", "Memory that there is for further models.", available));
        }
    }

    private void models(List<MetricSnapshot> all, List<ModelCounters> models) {
        all.add(gauges(
                models, "omni_model_loaded", "Whether the model is in memory: 1 or 0.", m -> m.loaded() ? 1 : 0));
        all.add(gauges(models, "omni_model_sequences", "Sequences in the KV cache.", ModelCounters::sequences));
        all.add(gauges(
                models, "omni_model_sequences_limit", "The most that may be there.", ModelCounters::sequencesMax));
        all.add(gauges(models, "omni_model_waiting", "Requests that wait for a place.", ModelCounters::waiting));
        all.add(gauges(
                models,
                "omni_model_memory_bytes",
                "Memory of the model, as reckoned from its file when it was loaded.",
                "part",
                List.of(
                        new Part("weights", ModelCounters::weightBytes),
                        new Part("cache", ModelCounters::cacheBytes),
                        new Part("compute", ModelCounters::computeBytes))));
        all.add(counters(models, "omni_model_loads", "Loads into memory.", ModelCounters::loads));
        all.add(counters(models, "omni_model_load_failures", "Loads that failed.", ModelCounters::loadsFailed));
        all.add(counters(
                models, "omni_model_load_seconds", "Time of all loads together.", m -> m.loadMillis() / MILLIS));
        all.add(counters(
                models,
                "omni_model_evictions",
                "How often it left memory: nobody used it (idle), another needed its place (room), or it was told to (asked).",
                "reason",
                List.of(
                        new Part("idle", ModelCounters::evictedIdle),
                        new Part("room", ModelCounters::evictedForRoom),
                        new Part("asked", ModelCounters::unloaded))));
    }

    private static GaugeSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
                .build();
    }

    private GaugeSnapshot gauges(
            List<ModelCounters> models, String name, String help, ToDoubleFunction<ModelCounters> value) {
        return gauges(models, name, help, "", List.of(new Part("", value)));
    }

    private GaugeSnapshot gauges(List<ModelCounters> models, String name, String help, String label, List<Part> parts) {
        var gauges = GaugeSnapshot.builder().name(name).help(help);
        sums(models, label, parts)
                .forEach((labelled, value) -> gauges.dataPoint(GaugeDataPointSnapshot.builder()
                        .labels(labelled)
                        .value(value)
                        .build()));
        return gauges.build();
    }

    private CounterSnapshot counters(
            List<ModelCounters> models, String name, String help, ToDoubleFunction<ModelCounters> value) {
        return counters(models, name, help, "", List.of(new Part("", value)));
    }

    private CounterSnapshot counters(
            List<ModelCounters> models, String name, String help, String label, List<Part> parts) {
        var counters = CounterSnapshot.builder().name(name).help(help);
        sums(models, label, parts)
                .forEach((labelled, value) -> counters.dataPoint(CounterDataPointSnapshot.builder()
                        .labels(labelled)
                        .value(value)
                        .build()));
        return counters.build();
    }

    /** Adds up what has the same labels: all models that have no name of their own are one. */
    private Map<Labels, Double> sums(List<ModelCounters> models, String label, List<Part> parts) {
        Map<Labels, Double> sums = new LinkedHashMap<>();
        for (var model : models) {
            var name = labels.model(model.name());
            for (var part : parts) {
                var labelled =
                        label.isEmpty() ? Labels.of("model", name) : Labels.of("model", name, label, part.label());
                sums.merge(labelled, part.value().applyAsDouble(model), Double::sum);
            }
        }
        return sums;
    }
}
