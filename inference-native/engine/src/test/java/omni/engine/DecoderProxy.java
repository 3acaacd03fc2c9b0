package omni.engine;

import java.util.Optional;
import omni.llama.Logits;

/** Passes everything on to a real decoder; tests override what they put a fault or a wait into. */
class DecoderProxy implements Decoder {
    private final Decoder real;

    DecoderProxy(Decoder real) {
        this.real = real;
    }

    @Override
    public int sequencesMax() {
        return real.sequencesMax();
    }

    @Override
    public int contextTokens() {
        return real.contextTokens();
    }

    @Override
    public int kvTokens() {
        return real.kvTokens();
    }

    @Override
    public int batchTokens() {
        return real.batchTokens();
    }

    @Override
    public void clear() {
        real.clear();
    }

    @Override
    public int add(int token, int position, int sequence, boolean output) {
        return real.add(token, position, sequence, output);
    }

    @Override
    public Outcome decode() {
        return real.decode();
    }

    @Override
    public Picker picker(Sampling sampling, Optional<Form> form, int[] prompt) {
        return real.picker(sampling, form, prompt);
    }

    @Override
    public int pick(Picker picker, int index) {
        return real.pick(picker, index);
    }

    @Override
    public Logits logits(int index) {
        return real.logits(index);
    }

    @Override
    public byte[] piece(int token) {
        return real.piece(token);
    }

    @Override
    public boolean ends(int token) {
        return real.ends(token);
    }

    @Override
    public boolean share(int source, int target, int tokens) {
        return real.share(source, target, tokens);
    }

    @Override
    public boolean cut(int sequence, int tokens) {
        return real.cut(sequence, tokens);
    }

    @Override
    public void forget(int sequence) {
        real.forget(sequence);
    }

    @Override
    public void interrupt() {
        real.interrupt();
    }

    @Override
    public void close() {
        real.close();
    }
}
