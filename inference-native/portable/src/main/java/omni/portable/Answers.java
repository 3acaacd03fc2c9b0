package omni.portable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import omni.bus.BusException;
import omni.bus.Call;
import omni.engine.PortableProtocol;

/** {@code omni.Portable} for one model. Thread-safe: one call computes at a time. */
final class Answers implements PortableProtocol.Handler {
    private final JavaLlama model;
    private final ReentrantLock computing = new ReentrantLock(true);

    Answers(JavaLlama model) {
        this.model = model;
    }

    @Override
    public void tokenize(PortableProtocol.TokenizeParams in, Call<PortableProtocol.TokenizeReply> call) {
        List<Long> tokens = new ArrayList<>();
        for (int token : model.tokenize(in.text())) {
            tokens.add((long) token);
        }
        call.reply(new PortableProtocol.TokenizeReply(tokens));
    }

    @Override
    public void detokenize(PortableProtocol.DetokenizeParams in, Call<PortableProtocol.DetokenizeReply> call) {
        int[] tokens = in.tokens().stream().mapToInt(Long::intValue).toArray();
        call.reply(new PortableProtocol.DetokenizeReply(model.detokenize(tokens)));
    }

    @Override
    public void embed(PortableProtocol.EmbedParams in, Call<PortableProtocol.EmbedReply> call) {
        List<Double> vector = new ArrayList<>();
        computing.lock();
        try {
            for (float x : model.embed(in.text())) {
                vector.add((double) x);
            }
        } catch (JavaLlama.Unusable e) {
            throw new PortableProtocol.Failed(e.reason);
        } finally {
            computing.unlock();
        }
        call.reply(new PortableProtocol.EmbedReply(vector));
    }

    @Override
    public void generate(PortableProtocol.GenerateParams in, Call<PortableProtocol.GenerateReply> call) {
        StringBuilder all = new StringBuilder();
        PortableProtocol.GenerateReplyEnded ended;
        computing.lock();
        try {
            ended = model.generate(in, text -> wanted(call, text, all));
        } catch (JavaLlama.Unusable e) {
            throw new PortableProtocol.Failed(e.reason);
        } finally {
            computing.unlock();
        }
        if (ended != null) {
            call.reply(new PortableProtocol.GenerateReply(all.toString(), ended));
        }
    }

    private static boolean wanted(Call<PortableProtocol.GenerateReply> call, String text, StringBuilder all) {
        if (!call.wantsMore()) {
            all.append(text);
            return !call.isCancelled();
        }
        try {
            call.next(new PortableProtocol.GenerateReply(text, null));
            return true;
        } catch (BusException.Cancelled _) {
            return false;
        }
    }
}
