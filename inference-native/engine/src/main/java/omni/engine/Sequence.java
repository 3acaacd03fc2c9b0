package omni.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import omni.llama.Logits;
import org.jspecify.annotations.Nullable;

/**
 * One request in the decode loop: its tokens so far, how many of them are in the KV cache, and the state of its text and
 * its sampling. A sequence that had to give up its place keeps everything but the cache and goes on later from there.
 *
 * <p>Belongs to the decode thread.
 */
final class Sequence implements FairQueue.Member {
    static final int NO_ID = -1;

    final Generation request;
    /** Null before its first place: one with a grammar is large. */
    private Decoder.@Nullable Picker picker;

    private final TextAssembler text;

    /** Its number in the KV cache, or {@link #NO_ID}. */
    int id = NO_ID;
    /** The prompt, then what was generated. */
    private int[] tokens;

    private int length;
    /** How many of the tokens are in the KV cache. */
    int cached;
    /** How many tokens the current batch has of it, and the index there of the last. */
    int fed;

    int outputIndex;
    /** How many of the tokens were in the KV cache at any time, and how many its key was charged with. */
    int computed;

    int charged;
    /** How many were when it got its place. */
    int computedBefore;

    /** How many of the tokens it found computed when it came. */
    private int reused;

    /** How often it gave its place up. */
    int yields;
    /** Whether it got its place though more urgent ones waited, and so keeps it. */
    boolean stays;
    /** When it got the place that it has, and how long it held those that it had. */
    long enteredNanos;

    long heldNanos;
    /** Since when it waits for a place, or last did. */
    long waitingSinceNanos = System.nanoTime();
    /** Since when its reader is behind, in nanoseconds of {@link System#nanoTime}; 0 while it is not. */
    long pausedSince;

    private int generated;
    private final long startNanos = System.nanoTime();
    /** When it got its first place. */
    private long placedNanos;

    private long firstTokenNanos;
    private Runnable delivery = () -> {};

    Sequence(Generation request) {
        this.request = request;
        this.text = new TextAssembler(request.stops);
        this.length = request.prompt.length;
        this.tokens = Arrays.copyOf(request.prompt, length + 64);
    }

    /** It has a place. */
    void begin(Decoder decoder) {
        if (picker == null) {
            placedNanos = System.nanoTime();
            picker = decoder.picker(request.sampling, request.form, request.prompt);
        }
    }

    @Override
    public Caller caller() {
        return request.caller;
    }

    int length() {
        return length;
    }

    int token(int position) {
        return tokens[position];
    }

    /** The first tokens are in the KV cache: nobody is charged for them. */
    void reuse(int tokens) {
        cached = tokens;
        computed = Math.max(computed, tokens);
        charged = Math.max(charged, tokens);
        reused = yields == 0 ? tokens : reused;
    }

    /** Those of its tokens that are in the KV cache. */
    int[] inCache() {
        return Arrays.copyOf(tokens, cached);
    }

    /** How many tokens it and others begin with alike, up to so many. */
    int common(int[] others, int most) {
        int end = Math.min(Math.min(length, others.length), most);
        int mismatch = Arrays.mismatch(tokens, 0, end, others, 0, end);
        return mismatch < 0 ? end : mismatch;
    }

    /** Tokens that still have to be computed before the next can be chosen. */
    int remaining() {
        return length - cached;
    }

    /** Whether it takes part in a batch with one token only, as all do that are past their prompt. */
    boolean isGenerating() {
        return generated > 0 && remaining() == 1;
    }

    int generated() {
        return generated;
    }

    /**
     * Chooses the next token from the batch's result and hands its text out, but for the end.
     *
     * @return whether the answer has ended
     */
    boolean advance(Decoder decoder) {
        if (generated == 0) {
            firstTokenNanos = System.nanoTime();
        }
        int token;
        try {
            token = decoder.pick(Objects.requireNonNull(picker), outputIndex);
        } catch (Decoder.Stuck e) {
            delivery = () -> request.outbox.fail(stuck(e));
            return true;
        }
        if (decoder.ends(token)) {
            end(text.finish(), Outbox.Finish.STOP);
            return true;
        }
        generated++;
        byte[] piece = decoder.piece(token);
        String shown = text.accept(piece);
        request.outbox.put(shown, request.logprobs < 0 ? null : record(decoder, token, piece));
        if (text.stopped()) {
            end("", Outbox.Finish.STOP);
            return true;
        }
        if (generated >= request.maxTokens || length + 1 >= decoder.contextTokens()) {
            end(text.finish(), text.stopped() ? Outbox.Finish.STOP : Outbox.Finish.LENGTH);
            return true;
        }
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, length * 2);
        }
        tokens[length++] = token;
        return false;
    }

    /** What a request is told whose grammar leaves nothing to write, or whose samplers cannot be had. */
    EngineException stuck(Decoder.Stuck e) {
        return new EngineException.Invalid(
                request.form.isPresent() ? "grammar" : "sampling.samplers",
                "It cannot be followed here: " + e.getMessage());
    }

    private EngineProtocol.Token record(Decoder decoder, int token, byte[] piece) {
        Logits logits = decoder.logits(outputIndex);
        List<EngineProtocol.Candidate> top = new ArrayList<>();
        for (int other : logits.top(request.logprobs)) {
            top.add(new EngineProtocol.Candidate(other, base64(decoder.piece(other)), logits.logprob(other)));
        }
        return new EngineProtocol.Token(token, base64(piece), logits.logprob(token), top);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private void end(String rest, Outbox.Finish finish) {
        long now = System.nanoTime();
        Outbox.Usage usage = new Outbox.Usage(
                request.prompt.length,
                reused,
                generated,
                (placedNanos - startNanos) / 1e6,
                (firstTokenNanos - placedNanos) / 1e6,
                (now - firstTokenNanos) / 1e6,
                text.stoppedBy());
        delivery = () -> request.outbox.end(rest, finish, usage);
    }

    /** Ends the answer where it is, unless it was not begun, which is an error. */
    void expire() {
        if (generated == 0) {
            fail(new EngineException.Expired());
        } else {
            end(text.finish(), text.stopped() ? Outbox.Finish.STOP : Outbox.Finish.LENGTH);
        }
    }

    /** Tells the reader that the answer has ended; to be called when its place is free again. */
    void deliverEnd() {
        delivery.run();
    }

    /** Ends it with an error, unless it has ended already. */
    void fail(EngineException reason) {
        request.outbox.fail(reason);
    }

    void close() {
        if (picker != null) {
            picker.close();
        }
    }
}
