package omni.engine;

import java.util.ArrayList;
import java.util.List;
import omni.llama.Logits;

/** A decoder with a fault: where a decode call has several results, the first two are given to each other's sequence. */
final class MixingDecoder extends DecoderProxy {
    private final List<Integer> outputs = new ArrayList<>();

    MixingDecoder(Decoder real) {
        super(real);
    }

    private int mixed(int index) {
        if (outputs.size() < 2) {
            return index;
        }
        if (index == outputs.get(0)) {
            return outputs.get(1);
        }
        return index == outputs.get(1) ? outputs.get(0) : index;
    }

    @Override
    public void clear() {
        outputs.clear();
        super.clear();
    }

    @Override
    public int add(int token, int position, int sequence, boolean output) {
        int index = super.add(token, position, sequence, output);
        if (output) {
            outputs.add(index);
        }
        return index;
    }

    @Override
    public int pick(Picker picker, int index) {
        return super.pick(picker, mixed(index));
    }

    @Override
    public Logits logits(int index) {
        return super.logits(mixed(index));
    }
}
