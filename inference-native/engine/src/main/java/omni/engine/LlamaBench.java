package omni.engine;

import java.util.OptionalDouble;
import java.util.SplittableRandom;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.DecodeResult;
import omni.llama.Model;
import omni.llama.Threadpool;
import org.jspecify.annotations.Nullable;

/**
 * Measures a loaded model, in a context of its own, with tokens that mean nothing. Belongs to the thread that decodes;
 * {@link #interrupt} is for any. A measurement takes about a quarter of a second; one that is interrupted ends within a
 * step of llama.cpp's graph.
 */
final class LlamaBench implements Sweep.Bench, AutoCloseable {
    /** Where a chat usually is: attention is then a part of the work, as it is in life. */
    private static final int DEPTH_TOKENS = 64;

    private static final int PROMPT_TOKENS_MIN = 16;
    private static final int PROMPT_TOKENS_MAX = 512;
    private static final int ANSWER_TOKENS_MIN = 3;
    private static final int ANSWER_TOKENS_MAX = 64;
    private static final double SECONDS = 0.25;
    private static final int CONTEXT_TOKENS = PROMPT_TOKENS_MAX + DEPTH_TOKENS + ANSWER_TOKENS_MAX;

    /** What a context cannot change once it is made. */
    private record Shape(
            int ubatch, ContextParams.FlashAttention attention, ContextParams.CacheType kv, int threads, int poll) {}

    private final Model model;
    private final Batch batch = Batch.allocate(PROMPT_TOKENS_MAX, 1);
    private final SplittableRandom random = new SplittableRandom(1);
    private volatile @Nullable Context context;
    private volatile boolean interrupted;
    private @Nullable Threadpool pool;
    private @Nullable Shape shape;
    private int promptTokens = PROMPT_TOKENS_MIN;
    private int answerTokens = ANSWER_TOKENS_MIN;

    LlamaBench(Model model) {
        this.model = model;
    }

    /** Ends the measurement under way, or the next one. */
    void interrupt() {
        interrupted = true;
        Context now = context;
        if (now != null) {
            now.requestAbort();
        }
    }

    /** Lets measurements go on after an interruption. */
    void resume() {
        interrupted = false;
    }

    @Override
    public OptionalDouble prefill(Tuning tuning) {
        Context ready = prepare(tuning);
        if (!fill(ready, 0, PROMPT_TOKENS_MIN)) {
            return OptionalDouble.empty();
        }
        ready.memory().clear(false);
        long start = System.nanoTime();
        if (!fill(ready, 0, promptTokens)) {
            return OptionalDouble.empty();
        }
        double speed = promptTokens * 1e9 / (System.nanoTime() - start);
        if (promptTokens == PROMPT_TOKENS_MIN) {
            // The first one only told how long the others may be; a whole number of the largest pieces they are.
            promptTokens = Math.clamp((int) (speed * SECONDS), PROMPT_TOKENS_MIN + 1, PROMPT_TOKENS_MAX);
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(speed);
    }

    @Override
    public OptionalDouble decode(Tuning tuning) {
        Context ready = prepare(tuning);
        if (!fill(ready, 0, DEPTH_TOKENS) || !fill(ready, DEPTH_TOKENS, 1)) {
            return OptionalDouble.empty();
        }
        long start = System.nanoTime();
        for (int step = 1; step <= answerTokens; step++) {
            if (!fill(ready, DEPTH_TOKENS + step, 1)) {
                return OptionalDouble.empty();
            }
        }
        double speed = answerTokens * 1e9 / (System.nanoTime() - start);
        if (answerTokens == ANSWER_TOKENS_MIN) {
            answerTokens = Math.clamp((int) (speed * SECONDS), ANSWER_TOKENS_MIN + 1, ANSWER_TOKENS_MAX - 1);
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(speed);
    }

    /** Decodes tokens that go on at a position; false where it was interrupted. */
    private boolean fill(Context ready, int position, int count) {
        batch.clear();
        for (int i = 0; i < count; i++) {
            batch.add(random.nextInt(model.vocab().size()), position + i, 0, i == count - 1);
        }
        return !interrupted && ready.decode(batch) == DecodeResult.DONE;
    }

    private Context prepare(Tuning tuning) {
        Shape wanted = new Shape(
                tuning.ubatchTokens(PROMPT_TOKENS_MAX),
                tuning.flashAttention(),
                tuning.kvType(),
                tuning.threadsMax(),
                tuning.poll());
        Context ready = context;
        if (ready == null || !wanted.equals(shape)) {
            close();
            ready = Context.create(
                    model,
                    new ContextParams(
                                    CONTEXT_TOKENS,
                                    PROMPT_TOKENS_MAX,
                                    wanted.ubatch(),
                                    1,
                                    tuning.threads(),
                                    tuning.prefillThreads(),
                                    false,
                                    ContextParams.Pooling.MODEL,
                                    wanted.attention(),
                                    true,
                                    wanted.kv(),
                                    wanted.kv())
                            .withOutputsMax(1));
            Threadpool threads = Threadpool.create(model.library(), wanted.threads(), wanted.poll(), false);
            ready.attachThreadpool(threads, threads);
            context = ready;
            pool = threads;
            shape = wanted;
        }
        ready.setThreads(tuning.threads(), tuning.prefillThreads());
        ready.memory().clear(false);
        return ready;
    }

    @Override
    public void close() {
        Context old = context;
        context = null;
        shape = null;
        if (old != null) {
            old.close();
        }
        Threadpool threads = pool;
        pool = null;
        if (threads != null) {
            threads.close();
        }
    }
}
