package omni.bench;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.DecodeResult;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.ModelParams;
import omni.llama.Sampler;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the binding costs: one call, one token, one batch of 512, with the seed model on one compute thread; beside the same
 * loops in C, in the same process and against the same libraries.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class LlamaBench {
    private static final int POSITIONS = 512;
    private static final int CALLS = 10_000;

    private final Model model;
    private final Context context;
    private final Sampler greedy;
    private final Sampler usual;
    private final Batch batch = Batch.allocate(1, 1);
    private final Batch prompt = Batch.allocate(POSITIONS, 1);
    private final LoopInC loop;
    private int position;
    private int token = 300;

    /** Loads the seed model. */
    public LlamaBench() {
        var root = Path.of(System.getProperty("omni.root"));
        var natives = root.resolve("target/native");
        var seed = root.resolve("inference-native/seed/omni-seed-f16.gguf");
        model = Model.load(LlamaLibrary.open(natives), seed, ModelParams.defaults());
        loop = new LoopInC(root, natives, seed, POSITIONS, POSITIONS);
        context = Context.create(model, ContextParams.generation(POSITIONS, 1, 1));
        greedy = Sampler.chain(model).greedy().build();
        usual = Sampler.chain(model)
                .topK(40)
                .topP(0.95)
                .minP(0.05)
                .temperature(0.8)
                .dist(1)
                .build();
    }

    /** There is a first output to sample from. */
    @Setup
    public void decodeOnce() {
        decode();
    }

    /** Frees the model. */
    @TearDown
    public void close() {
        greedy.close();
        usual.close();
        context.close();
        model.close();
        loop.close();
    }

    /** The cheapest call there is, with the checks of an open object: what crossing over costs. */
    @Benchmark
    public int call() {
        return context.contextTokens();
    }

    /** One token's bytes. */
    @Benchmark
    public byte[] piece() {
        return model.vocab().piece(token, false);
    }

    /** A short prompt's tokens. */
    @Benchmark
    public int[] tokenize() {
        return model.vocab().tokenize("What is the weather in Oslo and in Rome?", true, false);
    }

    /** Picking the best of 4,096 tokens. */
    @Benchmark
    public int sampleGreedily() {
        return greedy.sample(context, 0);
    }

    /** Picking with the usual chain. */
    @Benchmark
    public int sampleUsually() {
        return usual.sample(context, 0);
    }

    /** One whole step: decode a token, pick the next. */
    @Benchmark
    public int decodeAndSample() {
        decode();
        token = greedy.sample(context, 0);
        return token;
    }

    /** The cheapest call in C. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public long callInC() {
        return loop.calls(CALLS);
    }

    /** One whole step in C; the one downcall for it is a thousandth part. */
    @Benchmark
    public void decodeAndSampleInC() {
        loop.tokens(1);
    }

    /** A prompt of 512 tokens, of which the last has an output. */
    @Benchmark
    public float batchOf512() {
        context.memory().clear(false);
        position = POSITIONS;
        prompt.clear();
        for (var i = 0; i < POSITIONS; i++) {
            prompt.add(300 + i, i, 0, i == POSITIONS - 1);
        }
        if (context.decode(prompt) != DecodeResult.DONE) {
            throw new IllegalStateException("decode did not finish");
        }
        // Reading waits until it is there.
        return context.logits(POSITIONS - 1).logit(0);
    }

    /** The same prompt in C. */
    @Benchmark
    public void batchOf512InC() {
        loop.batch(POSITIONS);
    }

    private void decode() {
        if (position == POSITIONS) {
            context.memory().clear(false);
            position = 0;
        }
        batch.clear();
        batch.add(token, position++, 0, true);
        if (context.decode(batch) != DecodeResult.DONE) {
            throw new IllegalStateException("decode did not finish");
        }
    }
}
