package omni.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import omni.measure.Plan.Step;
import org.jspecify.annotations.Nullable;

/** One target under measurement: its client, its prompts, and what is done to it in each step. Not thread-safe. */
final class Side implements AutoCloseable {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final int SECONDS_A_DAY = 86_400;
    /** So that no two prompts of a run, of either side, have the same number. */
    private static final long NUMBERS = 1L << 32;

    private final Target target;
    private final Plan plan;
    private final StreamClient client;
    private final Prompts prompts;
    private String model = "";
    private Prompts.@Nullable Recipe prefill;
    private Prompts.@Nullable Recipe prefix;
    private long number;
    private long clock;

    /**
     * Asks nothing yet.
     *
     * @param index which of the targets it is: two of the same server get different prompts
     */
    Side(Target target, Plan plan, int index) {
        this.target = target;
        this.plan = plan;
        this.client = new StreamClient(target, plan.timeout(), plan.chat());
        this.number = index * NUMBERS;
        this.prompts =
                new Prompts(text -> client.ask(model, Question.of(text, 1)).promptTokens(), plan.seed());
    }

    Target target() {
        return target;
    }

    /** The model's name, once {@link #prepare} has run. */
    String model() {
        return model;
    }

    /** What a step gave. */
    record Value(Metric metric, double value) {}

    /** Finds the model, the prompts of the wanted lengths, and lets the server and this program get warm. */
    void prepare() {
        model = target.model().orElseGet(client::soleModel);
        for (int i = 0; i < plan.warmUp(); i++) {
            client.ask(model, Question.of(prompts.brief(number++), plan.tokens()));
        }
        if (plan.workloads().contains(Workload.PREFILL)) {
            prefill = prompts.sized("", plan.promptTokens());
        }
        if (plan.workloads().contains(Workload.PREFIX)) {
            prefix = prompts.sized(clockLine(), plan.prefixTokens());
        }
    }

    /**
     * Does one step.
     *
     * @throws MeasureException where it gave nothing that can be measured
     */
    List<Value> measure(Step step) {
        return switch (step.workload()) {
            case DECODE -> decode();
            case PREFILL -> prefill();
            case FIRST_TOKEN ->
                List.of(new Value(
                        Metric.FIRST_TOKEN, millis(client.ask(model, Question.of(prompts.brief(number++), 1)))));
            case CONCURRENCY -> together(step);
            case PREFIX -> prefix();
            case CONTENTION -> contention();
            case SWAP -> swap();
        };
    }

    private List<Value> decode() {
        var answer = client.ask(model, Question.of(prompts.brief(number++), plan.tokens()));
        long longest = 0;
        for (int i = 1; i < answer.pieceNanos().size(); i++) {
            longest = Math.max(
                    longest, answer.pieceNanos().get(i) - answer.pieceNanos().get(i - 1));
        }
        return List.of(
                new Value(Metric.DECODE, answer.decodeRate(plan.tokens())),
                new Value(Metric.DECODE_GAP, longest / NANOS_PER_MILLI));
    }

    private List<Value> prefill() {
        var answer = client.ask(model, Question.of(prompts.text(prepared(prefill), number++), 1));
        return List.of(new Value(Metric.PREFILL, answer.promptTokens() * 1e9 / answer.firstNanos()));
    }

    private List<Value> together(Step step) {
        var questions = new ArrayList<Question>();
        for (int i = 0; i < step.streams(); i++) {
            questions.add(Question.of(prompts.brief(number++), plan.tokens()));
        }
        var answers = client.askAll(model, questions);
        long start = Long.MAX_VALUE;
        long end = Long.MIN_VALUE;
        long tokens = 0;
        long worst = 0;
        for (var answer : answers) {
            start = Math.min(start, answer.startNanos());
            end = Math.max(end, answer.lastNanos());
            tokens += answer.completionTokens();
            worst = Math.max(worst, answer.firstNanos());
        }
        return List.of(
                new Value(Metric.together(step), tokens * 1e9 / Math.max(1, end - start)),
                new Value(Metric.worstFirst(step), worst / NANOS_PER_MILLI));
    }

    private List<Value> prefix() {
        var recipe = prepared(prefix);
        var body = prompts.text(new Prompts.Recipe("", recipe.words(), recipe.tail(), recipe.tokens()), number++);
        var line = clockLine();
        var cold = client.ask(model, new Question(line + body, 1, true));
        var same = client.ask(model, new Question(line + body, 1, true));
        var changed = client.ask(model, new Question(clockLine() + body, 1, true));
        var values = new ArrayList<Value>();
        values.add(new Value(Metric.PREFIX_COLD, millis(cold)));
        values.add(new Value(Metric.PREFIX_SAME, millis(same)));
        values.add(new Value(Metric.PREFIX_CHANGED, millis(changed)));
        if (changed.cachedTokens().isPresent() && changed.promptTokens() > 0) {
            values.add(new Value(
                    Metric.PREFIX_REUSED, 100.0 * changed.cachedTokens().getAsLong() / changed.promptTokens()));
        }
        return values;
    }

    private List<Value> contention() {
        try (var loop = new BusyLoop(plan.loops())) {
            var answer = client.ask(model, Question.of(prompts.brief(number++), plan.tokens()));
            var left = loop.share();
            return List.of(
                    new Value(Metric.CONTENTION, answer.decodeRate(plan.tokens())),
                    new Value(Metric.CONTENTION_LEFT, 100 * left));
        }
    }

    private List<Value> swap() {
        Supplier<Question> one = () -> Question.of(prompts.brief(number++), 1);
        var there = client.ask(target.swapModel().orElseThrow(), one.get());
        var back = client.ask(model, one.get());
        return List.of(new Value(Metric.SWAP, millis(there)), new Value(Metric.SWAP, millis(back)));
    }

    /** A line with a clock, another one each time and always of the same length, as home automation has it in its prompts. */
    private String clockLine() {
        var second = clock++ % SECONDS_A_DAY;
        return String.format(
                Locale.ROOT, "The time is %02d:%02d:%02d.\n", second / 3600, second / 60 % 60, second % 60);
    }

    private static double millis(Answer answer) {
        return answer.firstNanos() / NANOS_PER_MILLI;
    }

    private static Prompts.Recipe prepared(Prompts.@Nullable Recipe recipe) {
        return Optional.ofNullable(recipe).orElseThrow(() -> new IllegalStateException("prepare comes first"));
    }

    /** Ends what is asked. */
    @Override
    public void close() {
        client.close();
    }
}
