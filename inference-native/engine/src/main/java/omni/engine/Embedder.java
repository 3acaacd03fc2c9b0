package omni.engine;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.LlamaException;
import omni.llama.Model;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings from a model: a second context, made when the first text comes, for a text must be computed in one piece
 * to be pooled as a whole. A model made for embeddings pools as its file says; of any other, the mean over the text's
 * tokens is taken.
 *
 * <p>Belongs to the decode thread, but for what is said to be for any.
 */
final class Embedder implements AutoCloseable {
    private static final int SEQUENCES_MAX = 16;
    private static final int TOKENS_MIN = 512;

    private final Model model;
    private final LeastTokens leastTokens;
    private final int tokensMax;
    private final int pieceTokens;
    private final int threads;
    private final ContextParams.Pooling pooling;
    private final boolean possible;
    private @Nullable Room room;

    /** A context and a batch of as many tokens. */
    private record Room(Context context, Batch batch, int tokens) {}

    Embedder(Model model, EngineConfig config, int threads, LeastTokens leastTokens) {
        this.model = model;
        this.leastTokens = leastTokens;
        this.tokensMax = config.embedTokensFor(model.trainedContext());
        this.pieceTokens = config.batchTokens();
        this.threads = threads;
        // llama.h, enum llama_pooling_type: 0 none, 1 mean, 2 first token, 3 last token, 4 ranking.
        String kind = model.meta("general.architecture")
                .flatMap(architecture -> model.meta(architecture + ".pooling_type"))
                .orElse("0");
        this.possible = !kind.equals("4");
        this.pooling = kind.equals("0") ? ContextParams.Pooling.MEAN : ContextParams.Pooling.MODEL;
    }

    /**
     * Returns the tokens of texts to embed; any thread may call.
     *
     * @throws EngineException.Invalid if the model ranks texts and embeds none, or a text is empty
     * @throws EngineException.PromptTooLong if a text has more tokens than one embedding takes
     */
    List<int[]> inputs(List<String> texts) {
        if (!possible) {
            throw new EngineException.Invalid("model", "This model ranks texts and makes no embeddings.");
        }
        List<int[]> inputs = new ArrayList<>();
        for (String text : texts) {
            int[] tokens =
                    NativeModel.tokenizeWithin(model.vocab(), leastTokens, "inputs", text, false, tokensMax, tokensMax);
            if (text.isEmpty() || tokens.length == 0) {
                throw new EngineException.Invalid("inputs", "An input is empty: leave it out.");
            }
            if (tokens.length > tokensMax) {
                throw new EngineException.PromptTooLong(tokens.length, tokensMax, false);
            }
            inputs.add(tokens);
        }
        return inputs;
    }

    /** Prepares work for the decode loop; {@code inputs} are what {@link #inputs} has returned. */
    Work work(List<int[]> inputs) {
        return new Work(inputs);
    }

    /** Embeds a list of texts, as many at a time as take no longer than a decode call. */
    final class Work implements DecodeLoop.Job {
        final LoadedModel.Vectors vectors;

        /** None once the work is over, be it that its caller has left: what waits in a queue holds no tokens for nobody. */
        private volatile List<int[]> inputs;

        private final float[][] done;
        private int next;
        private int tokens;

        Work(List<int[]> inputs) {
            this.inputs = inputs;
            this.done = new float[inputs.size()][];
            this.vectors = new LoadedModel.Vectors(
                    inputs.stream().mapToLong(input -> input.length).sum(), new CompletableFuture<>());
            var _ = vectors.result().whenComplete((_, _) -> this.inputs = List.of());
        }

        @Override
        public boolean isOver() {
            return vectors.result().isDone();
        }

        @Override
        public boolean advance() {
            tokens = 0;
            List<int[]> all = inputs;
            if (isOver()) {
                return false;
            }
            int first = next;
            try {
                next = embed(all, first, done);
            } catch (LlamaException e) {
                System.getLogger(Embedder.class.getName()).log(Level.ERROR, "An embedding failed.", e);
                fail(new EngineException.Failed("Embedding failed: " + e.getMessage() + "."));
                return false;
            }
            tokens = all.subList(first, next).stream()
                    .mapToInt(input -> input.length)
                    .sum();
            if (next < done.length) {
                return true;
            }
            vectors.result().complete(List.of(done));
            return false;
        }

        @Override
        public int tokens() {
            return tokens;
        }

        @Override
        public void fail(EngineException reason) {
            vectors.result().completeExceptionally(reason);
        }
    }

    /** Embeds texts from {@code first} on and returns the index of the first that is left. */
    private int embed(List<int[]> inputs, int first, float[][] into) {
        int longest = inputs.get(first).length;
        int tokens = longest;
        int end = first + 1;
        while (end < inputs.size()
                && end - first < SEQUENCES_MAX
                && tokens + inputs.get(end).length <= Math.max(pieceTokens, longest)) {
            tokens += inputs.get(end).length;
            end++;
        }
        Room here = room(tokens);
        here.batch().clear();
        here.context().memory().clear(false);
        for (int i = first; i < end; i++) {
            int[] input = inputs.get(i);
            for (int position = 0; position < input.length; position++) {
                here.batch().add(input[position], position, i - first, true);
            }
        }
        switch (here.context().decode(here.batch())) {
            case DONE -> {
                for (int i = first; i < end; i++) {
                    into[i] = normalized(here.context().embeddingsSequence(i - first));
                }
            }
            case NO_ROOM, ABORTED -> throw new EngineException.Failed("The embedding found no room.");
        }
        return end;
    }

    /** Returns a context for so many tokens: the one there is, or a new one of the next power of two. */
    private Room room(int tokens) {
        Room here = room;
        if (here != null && here.tokens() >= tokens) {
            return here;
        }
        close();
        int power = Integer.highestOneBit(Math.max(tokens, 2) - 1) << 1;
        int size = Math.max(tokens, Math.min(Math.max(TOKENS_MIN, power), Math.max(tokensMax, pieceTokens)));
        Context context = Context.create(model, ContextParams.embedding(size, SEQUENCES_MAX, threads, pooling));
        here = new Room(context, Batch.allocate(size, 1), size);
        room = here;
        return here;
    }

    /** Scales to length one; a vector of zeros stays as it is. */
    static float[] normalized(float[] vector) {
        double squares = 0;
        for (float x : vector) {
            squares += (double) x * x;
        }
        double length = Math.sqrt(squares);
        float[] result = new float[vector.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = length > 0 ? (float) (vector[i] / length) : 0;
        }
        return result;
    }

    @Override
    public void close() {
        Room here = room;
        room = null;
        if (here != null) {
            here.context().close();
        }
    }
}
