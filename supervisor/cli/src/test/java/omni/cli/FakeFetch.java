package omni.cli;

import java.util.ArrayList;
import java.util.List;
import omni.bus.Call;
import omni.fetch.FetchProtocol;
import omni.fetch.FetchProtocol.*;
import org.jspecify.annotations.Nullable;

/** A role that fetches nothing: it tells of pulls that the test describes. */
final class FakeFetch implements FetchProtocol.Handler {
    static final String PULL = "ab".repeat(16);
    static final String HASH = "cd".repeat(32);

    final List<String> told = new ArrayList<>();
    volatile FileAssurance assurance = FileAssurance.SOURCE;
    volatile @Nullable Failed failure;

    static Progress progress(ProgressPhase phase, long bytes, @Nullable String note) {
        return new Progress(phase, "m.gguf", 1, 2, bytes, 200L, 10, 65L, note, null);
    }

    @Override
    public synchronized void pull(PullParams in, Call<PullReply> call) {
        told.add("pull " + in.source() + " " + in.revision() + " " + in.sha256());
        var fails = failure;
        if (fails != null) {
            failure = null;
            throw fails;
        }
        call.next(new PullReply(progress(ProgressPhase.RESOLVING, 0, null), null));
        call.next(new PullReply(progress(ProgressPhase.FETCHING, 100, "h answers 429; tries again in 2 s"), null));
        call.next(new PullReply(progress(ProgressPhase.CHECKING, 200, null), null));
        call.reply(new PullReply(
                null,
                new Brought(
                        PULL,
                        BroughtKind.HUGGINGFACE,
                        in.source(),
                        "c0ffee",
                        "tiny-Q4_0",
                        "mit",
                        null,
                        new Parameters(0.5, null, 7L, null, null),
                        List.of(new File("m.gguf", "/x/m.gguf", 200, HASH, assurance)))));
    }

    @Override
    public synchronized void list(ListParams in, Call<ListReply> call) {
        call.reply(new ListReply(List.of(new Unfinished(PULL, "acme/tiny", null, 50, 200L, false, 1))));
    }

    @Override
    public synchronized void forget(ForgetParams in, Call<ForgetReply> call) {
        told.add("forget " + in.pull());
        call.reply(new ForgetReply());
    }

    @Override
    public void push(FetchProtocol.PushParams in, Call<FetchProtocol.PushReply> call) {
        throw new UnsupportedOperationException();
    }
}
