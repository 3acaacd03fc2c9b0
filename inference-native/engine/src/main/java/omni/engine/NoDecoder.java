package omni.engine;

import java.util.Optional;
import omni.llama.Logits;

/** The decoder of a model that writes no text: it has no places, so that nothing is ever asked of it. */
final class NoDecoder implements Decoder {
    @Override
    public int sequencesMax() {
        return 0;
    }

    @Override
    public int contextTokens() {
        return 0;
    }

    @Override
    public int kvTokens() {
        return 0;
    }

    @Override
    public int batchTokens() {
        return 0;
    }

    @Override
    public void clear() {}

    @Override
    public int add(int token, int position, int sequence, boolean output) {
        throw noText();
    }

    @Override
    public Outcome decode() {
        throw noText();
    }

    @Override
    public Picker picker(Sampling sampling, Optional<Form> form, int[] prompt) {
        throw noText();
    }

    @Override
    public int pick(Picker picker, int index) {
        throw noText();
    }

    @Override
    public Logits logits(int index) {
        throw noText();
    }

    @Override
    public byte[] piece(int token) {
        throw noText();
    }

    @Override
    public boolean ends(int token) {
        throw noText();
    }

    @Override
    public boolean share(int source, int target, int tokens) {
        throw noText();
    }

    @Override
    public boolean cut(int sequence, int tokens) {
        throw noText();
    }

    @Override
    public void forget(int sequence) {}

    @Override
    public void interrupt() {}

    @Override
    public void close() {}

    private static IllegalStateException noText() {
        return new IllegalStateException("This model writes no text.");
    }
}
