package omni.llama;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import omni.llama.raw.Llama;
import omni.llama.raw.llama_token_data;
import omni.llama.raw.llama_token_data_array;

/**
 * A grammar beside a sampler chain, as llama.cpp's own tools keep it: the chain picks, the grammar judges the one token, and
 * only where it refuses is the whole vocabulary judged and picked from again.
 *
 * <p>llama.cpp ends the process over a token that the grammar does not allow, so no token is accepted unjudged. For the same
 * reason waiting for a trigger is done here and not by its lazy grammars: those feed the grammar unjudged when the trigger
 * comes. A trigger is a text: the grammar holds from behind it on, also where a token has the trigger's end and more. One thread at a
 * time; the model stays open as long as this is.
 */
final class Grammar implements AutoCloseable {
    /** Most texts that switch a lazy grammar on. */
    static final int TRIGGERS_MAX = 16;

    /** UTF-8 bytes of one of them. */
    static final int TRIGGER_BYTES_MAX = 256;

    private static final byte[] NOTHING = {};

    private final Model model;
    private final Owned owned;
    private final List<byte[]> triggers;
    /** Control tokens, which llama.cpp would take for their names, though no answer holds those. */
    private final BitSet silent;

    private final int vocabSize;
    private final MemorySegment candidates;
    private final MemorySegment array;
    private final MemorySegment one;
    private final MemorySegment oneArray;
    private boolean waiting;
    /** What was written last while waiting: as much as may be the beginning of a trigger. */
    private byte[] tail = NOTHING;

    private boolean released;

    /** What a grammar is made of; checked already. */
    record Source(String gbnf, String root, List<String> triggers) {}

    private Grammar(Model model, Owned owned, List<String> triggers) {
        this.model = model;
        this.owned = owned;
        this.triggers = triggers.stream()
                .map(trigger -> trigger.getBytes(StandardCharsets.UTF_8))
                .toList();
        this.waiting = !triggers.isEmpty();
        this.vocabSize = model.vocab().size();
        this.silent = model.vocab().silent();
        this.candidates = llama_token_data.allocateArray(vocabSize, owned.arena());
        this.array = llama_token_data_array.allocate(owned.arena());
        this.one = llama_token_data.allocate(owned.arena());
        this.oneArray = llama_token_data_array.allocate(owned.arena());
    }

    static Grammar of(Model model, Source source) {
        var owned = new Owned("grammar");
        model.retain();
        try (var arena = Arena.ofConfined()) {
            var text = arena.allocateFrom(source.gbnf());
            var root = arena.allocateFrom(source.root());
            if (!owned.take(
                    Llama.llama_sampler_init_grammar(model.vocab().pointer(), text, root), Llama::llama_sampler_free)) {
                model.release();
                throw new LlamaException(
                        "the grammar cannot be used", model.library().takeError(), "Make it simpler.");
            }
        }
        return new Grammar(model, owned, source.triggers());
    }

    /** Whether everything is allowed, because no trigger has come yet. */
    boolean isWaiting() {
        return waiting;
    }

    /** The token that the chain picks among those allowed; remembered here, but not yet by the chain. */
    int pick(MemorySegment chain, MemorySegment logits) {
        fill(logits);
        Llama.llama_sampler_apply(chain, array);
        var token = selected();
        if (!allows(token)) {
            fill(logits);
            Llama.llama_sampler_apply(owned.pointer(), array);
            silent.stream()
                    .forEach(forbidden -> llama_token_data.logit(
                            llama_token_data.asSlice(candidates, forbidden), Float.NEGATIVE_INFINITY));
            var best = best();
            Llama.llama_sampler_apply(chain, array);
            token = selected();
            if (!allows(token)) {
                // The chain left only what the grammar forbids.
                token = best;
            }
        }
        accept(token);
        return token;
    }

    private void fill(MemorySegment logits) {
        for (var token = 0; token < vocabSize; token++) {
            var entry = llama_token_data.asSlice(candidates, token);
            llama_token_data.id(entry, token);
            llama_token_data.logit(entry, logits.getAtIndex(ValueLayout.JAVA_FLOAT, token));
            llama_token_data.p(entry, 0);
        }
        point(array, candidates, vocabSize);
    }

    private static void point(MemorySegment array, MemorySegment data, int size) {
        llama_token_data_array.data(array, data);
        llama_token_data_array.size(array, size);
        llama_token_data_array.selected(array, -1);
        llama_token_data_array.sorted(array, false);
    }

    private int selected() {
        var index = llama_token_data_array.selected(array);
        if (index < 0 || index >= llama_token_data_array.size(array)) {
            throw new LlamaException("the sampler chain picked no token", "", "End it with greedy or dist.");
        }
        // The steps of a chain may move the pointer.
        var data = llama_token_data_array
                .data(array)
                .reinterpret((index + 1) * llama_token_data.layout().byteSize());
        return llama_token_data.id(llama_token_data.asSlice(data, index));
    }

    /** The most likely of the tokens that the grammar left. */
    private int best() {
        var best = -1;
        var bestLogit = Float.NEGATIVE_INFINITY;
        for (var token = 0; token < vocabSize; token++) {
            var logit = llama_token_data.logit(llama_token_data.asSlice(candidates, token));
            if (logit > bestLogit) {
                bestLogit = logit;
                best = token;
            }
        }
        if (best < 0) {
            throw new LlamaException(
                    "the grammar allows no token",
                    "",
                    "It must let the text go on or end with what the vocabulary has.");
        }
        return best;
    }

    private boolean allows(int token) {
        if (silent.get(token)) {
            return false;
        }
        llama_token_data.id(one, token);
        llama_token_data.logit(one, 0);
        llama_token_data.p(one, 0);
        point(oneArray, one, 1);
        Llama.llama_sampler_apply(owned.pointer(), oneArray);
        return llama_token_data.logit(one) == 0;
    }

    /** Goes on by a token; refuses one that is not allowed. */
    void accept(int token) {
        if (waiting) {
            await(model.vocab().piece(token, false));
            return;
        }
        if (!allows(token)) {
            throw new LlamaException("the grammar does not allow this token", "token " + token, "Sample one with it.");
        }
        Llama.llama_sampler_accept(owned.pointer(), token);
    }

    /** Looks for a trigger that ends in the piece, behind which the grammar begins. */
    private void await(byte[] piece) {
        var seen = Arrays.copyOf(tail, tail.length + piece.length);
        System.arraycopy(piece, 0, seen, tail.length, piece.length);
        for (var end = tail.length + 1; end <= seen.length; end++) {
            if (isEnd(seen, end) && begins(Arrays.copyOfRange(seen, end, seen.length))) {
                waiting = false;
                tail = NOTHING;
                return;
            }
        }
        var longest =
                triggers.stream().mapToInt(trigger -> trigger.length).max().orElse(1);
        tail = Arrays.copyOfRange(seen, Math.max(0, seen.length - longest + 1), seen.length);
    }

    private boolean isEnd(byte[] seen, int end) {
        return triggers.stream()
                .anyMatch(trigger -> end >= trigger.length
                        && Arrays.equals(seen, end - trigger.length, end, trigger, 0, trigger.length));
    }

    /** Whether the grammar goes on with what a token has behind a trigger; where it does not, it is as it was. */
    private boolean begins(byte[] rest) {
        var tokens = tokens(rest);
        for (var token : tokens.orElse(new int[0])) {
            if (!allows(token)) {
                Llama.llama_sampler_reset(owned.pointer());
                return false;
            }
            Llama.llama_sampler_accept(owned.pointer(), token);
        }
        return tokens.isPresent();
    }

    /** Tokens of exactly these bytes; nothing where there are none, as of half a character. */
    private Optional<int[]> tokens(byte[] bytes) {
        try {
            var tokens = model.vocab().tokenize(bytes, false, false);
            var written = new ByteArrayOutputStream();
            for (var token : tokens) {
                written.writeBytes(model.vocab().piece(token, false));
            }
            return Optional.of(tokens).filter(_ -> Arrays.equals(written.toByteArray(), bytes));
        } catch (LlamaException e) {
            return Optional.empty();
        }
    }

    void reset() {
        Llama.llama_sampler_reset(owned.pointer());
        waiting = !triggers.isEmpty();
        tail = NOTHING;
    }

    @Override
    public void close() {
        owned.close();
        if (!released) {
            released = true;
            model.release();
        }
    }
}
