package omni.measure;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a run measured, whole or until it was stopped. */
public final class Results {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Plan plan;
    private final List<Measured> targets;
    private final Machine machine;
    private final Instant begun;
    private final long tookNanos;
    private final List<Sample> samples;
    private final List<Failure> failures;
    private final List<Window> windows;
    private final List<String> unseen;
    private final int rounds;
    private final Optional<String> cut;

    /** What a run is worth as a claim. */
    public enum Standing {
        /** Enough rounds, nothing failed, and no other load that counts. */
        VALID,
        /** There was other load, or too little was measured: a hint, no figure to go by. */
        INVALID,
        /** Nothing speaks against it, but the load of a machine was not seen. */
        UNKNOWN
    }

    /**
     * A target as it was measured.
     *
     * @param model the name of the model there
     */
    record Measured(String name, String url, String model) {}

    /** One value. */
    record Sample(String target, Metric metric, int round, double value) {}

    /** A measurement that gave nothing. */
    record Failure(String target, String step, int round, String why) {}

    /** Who used the processors during one measurement. */
    record Window(String target, String step, int round, Load.Share share) {}

    /** A target's values of one metric, in the order of the rounds. */
    record Row(String target, List<Double> values, Summary summary) {}

    /**
     * The first target beside the second.
     *
     * @param ratio of the medians
     * @param least of the rounds' own ratios
     * @param most of the rounds' own ratios
     */
    record Comparison(double ratio, double least, double most) {}

    Results(
            Plan plan,
            List<Measured> targets,
            Machine machine,
            Instant begun,
            long tookNanos,
            List<Sample> samples,
            List<Failure> failures,
            List<Window> windows,
            List<String> unseen,
            int rounds,
            Optional<String> cut) {
        this.plan = plan;
        this.targets = targets;
        this.machine = machine;
        this.begun = begun;
        this.tookNanos = tookNanos;
        this.samples = samples;
        this.failures = failures;
        this.windows = windows;
        this.unseen = unseen;
        this.rounds = rounds;
        this.cut = cut;
    }

    Plan plan() {
        return plan;
    }

    List<Measured> targets() {
        return targets;
    }

    Machine machine() {
        return machine;
    }

    Instant begun() {
        return begun;
    }

    List<Failure> failures() {
        return failures;
    }

    double tookSeconds() {
        return tookNanos / NANOS_PER_SECOND;
    }

    /** How many rounds are whole. */
    public int rounds() {
        return rounds;
    }

    /** What the run is worth as a claim; {@link #reasons} says why. */
    public Standing standing() {
        if (!against().isEmpty()) {
            return Standing.INVALID;
        }
        return unseen.isEmpty() && !loads().isEmpty() ? Standing.VALID : Standing.UNKNOWN;
    }

    /** A sentence for each thing that speaks against taking the figures as they are. */
    public List<String> reasons() {
        var reasons = new ArrayList<>(against());
        reasons.addAll(unseen);
        return reasons;
    }

    private List<String> against() {
        var reasons = new ArrayList<String>();
        cut.ifPresent(reasons::add);
        if (rounds < Plan.ROUNDS_FOR_A_CLAIM) {
            reasons.add(rounds + " whole rounds: a claim takes " + Plan.ROUNDS_FOR_A_CLAIM);
        }
        if (!failures.isEmpty()) {
            reasons.add(failures.size() + " measurements failed");
        }
        loads().forEach((step, percent) -> {
            if (percent > plan.loadLimit()) {
                reasons.add(String.format(
                        Locale.ROOT,
                        "other programs or the machine's host took %.0f %% of the processors' time during %s (%s %% is the"
                                + " limit)",
                        percent,
                        step,
                        Texts.number(plan.loadLimit())));
            }
        });
        return reasons;
    }

    /** The percentage of the processors' time that others had during each step, all rounds together, of the target that had most of it. */
    Map<String, Double> loads() {
        var steps = new LinkedHashMap<String, Map<String, Load.Share>>();
        windows.forEach(w -> steps.computeIfAbsent(w.step(), _ -> new LinkedHashMap<>())
                .merge(w.target(), w.share(), Load.Share::plus));
        var percents = new LinkedHashMap<String, Double>();
        steps.forEach((step, targets) -> targets.values().stream()
                .flatMap(share -> share.percent().stream())
                .max(Comparator.naturalOrder())
                .ifPresent(percent -> percents.put(step, percent)));
        return percents;
    }

    /** What was measured, in the order of a round. */
    List<Metric> metrics() {
        return samples.stream()
                .map(Sample::metric)
                .distinct()
                .sorted(Comparator.comparingInt(m ->
                        plan.steps().stream().map(Plan.Step::title).toList().indexOf(m.step())))
                .toList();
    }

    /** Each target's values of a metric; a target that has none is left out. */
    List<Row> rows(Metric metric) {
        return targets.stream()
                .map(t -> values(metric, t.name()))
                .filter(row -> !row.values().isEmpty())
                .map(row -> new Row(row.target(), row.values(), Summary.of(row.values())))
                .toList();
    }

    private record Values(String target, List<Double> values) {}

    private Values values(Metric metric, String target) {
        return new Values(
                target,
                samples.stream()
                        .filter(s -> s.metric().equals(metric) && s.target().equals(target))
                        .map(Sample::value)
                        .toList());
    }

    /** The first target beside the second, where both have values. */
    Optional<Comparison> comparison(Metric metric) {
        var rows = rows(metric);
        if (rows.size() < 2 || rows.get(1).summary().median() == 0) {
            return Optional.empty();
        }
        var first = byRound(metric, rows.get(0).target());
        var second = byRound(metric, rows.get(1).target());
        var ratios = first.entrySet().stream()
                .filter(e -> second.getOrDefault(e.getKey(), 0.0) != 0.0)
                .map(e -> e.getValue() / second.getOrDefault(e.getKey(), 1.0))
                .toList();
        if (ratios.isEmpty()) {
            return Optional.empty();
        }
        var spread = Summary.of(ratios);
        return Optional.of(new Comparison(
                rows.get(0).summary().median() / rows.get(1).summary().median(), spread.least(), spread.most()));
    }

    private Map<Integer, Double> byRound(Metric metric, String target) {
        return samples.stream()
                .filter(s -> s.metric().equals(metric) && s.target().equals(target))
                .collect(Collectors.groupingBy(
                        Sample::round, LinkedHashMap::new, Collectors.averagingDouble(Sample::value)));
    }

    /** All of it: what was asked for, every value, the summaries, and what the run is worth. */
    public ObjectNode toJson() {
        var json = JsonMapper.shared().createObjectNode();
        json.put("standing", standing().name().toLowerCase(Locale.ROOT));
        reasons().forEach(json.putArray("reasons")::add);
        json.put("begun", begun.truncatedTo(ChronoUnit.SECONDS).toString());
        json.put("seconds", tookSeconds());
        json.put("rounds", rounds);
        json.putObject("machine")
                .put("processors", machine.processors())
                .put("processor", machine.processor())
                .put("system", machine.system());
        json.set("plan", planJson());
        var measured = json.putArray("targets");
        targets.forEach(t ->
                measured.addObject().put("name", t.name()).put("url", t.url()).put("model", t.model()));
        var load = json.putObject("otherLoadPercent");
        loads().forEach(load::put);
        var figures = json.putArray("figures");
        metrics().forEach(metric -> figures.add(figure(metric)));
        var failed = json.putArray("failures");
        failures.forEach(f -> failed.addObject()
                .put("target", f.target())
                .put("step", f.step())
                .put("round", f.round())
                .put("why", f.why()));
        return json;
    }

    private ObjectNode planJson() {
        var json = JsonMapper.shared().createObjectNode();
        var what = json.putArray("workloads");
        plan.workloads().stream().sorted().map(Workload::word).forEach(what::add);
        var streams = json.putArray("streams");
        plan.streams().forEach(streams::add);
        return json.put("rounds", plan.rounds())
                .put("warmUp", plan.warmUp())
                .put("tokens", plan.tokens())
                .put("promptTokens", plan.promptTokens())
                .put("prefixTokens", plan.prefixTokens())
                .put("loops", plan.loops())
                .put("restMillis", plan.rest().toMillis())
                .put("timeoutMillis", plan.timeout().toMillis())
                .put("loadLimitPercent", plan.loadLimit())
                .put("chat", plan.chat())
                .put("seed", plan.seed());
    }

    private ObjectNode figure(Metric metric) {
        var json = JsonMapper.shared().createObjectNode();
        json.put("id", metric.id())
                .put("title", metric.title())
                .put("unit", metric.unit())
                .put("step", metric.step())
                .put("moreIsBetter", metric.moreIsBetter());
        var all = json.putArray("targets");
        for (var row : rows(metric)) {
            var one = all.addObject()
                    .put("name", row.target())
                    .put("median", row.summary().median())
                    .put("least", row.summary().least())
                    .put("lowerQuartile", row.summary().lower())
                    .put("upperQuartile", row.summary().upper())
                    .put("most", row.summary().most());
            row.values().forEach(one.putArray("values")::add);
        }
        comparison(metric)
                .ifPresent(c -> json.putObject("firstToSecond")
                        .put("ratioOfMedians", c.ratio())
                        .put("leastOfRounds", c.least())
                        .put("mostOfRounds", c.most()));
        return json;
    }

    /** The figures as a table of plain text, for a terminal. */
    public String table() {
        var lines = new ArrayList<List<String>>();
        for (var metric : metrics()) {
            var compared = comparison(metric);
            for (var row : rows(metric)) {
                var first = row.target().equals(targets.getFirst().name());
                lines.add(List.of(
                        metric.title() + ", " + metric.unit(),
                        row.target(),
                        Texts.number(row.summary().median()),
                        Texts.number(row.summary().least()) + " to "
                                + Texts.number(row.summary().most()),
                        compared.isPresent() && first
                                ? Texts.number(compared.get().ratio()) + " of the other"
                                : ""));
            }
        }
        return Columns.aligned(List.of("what", "server", "median", "least to most", ""), lines);
    }
}
