package omni.api;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.fetch.FetchProtocol;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.Failed;
import omni.fetch.FetchProtocol.File;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Parameters;
import omni.fetch.FetchProtocol.Progress;
import omni.fetch.FetchProtocol.ProgressPhase;
import omni.fetch.FetchProtocol.PullParams;
import omni.fetch.FetchProtocol.PullReply;
import omni.fetch.FetchProtocol.Reason;
import omni.role.SupervisorProtocol;

/**
 * A role that fetches nothing and says it has, with the supervisor that starts it, and a kill switch that stands as the test wants. It
 * serves only once it was started. What becomes of a pull is chosen by its source.
 */
final class FakeFetch implements FetchProtocol.Handler, AutoCloseable {
    static final String PULL = "ab".repeat(16);
    static final String HASH = "cd".repeat(32);

    private final Path home;
    private final BusServer supervisor;
    private final BusServer airgap;
    private Optional<BusServer> served = Optional.empty();

    /** What was asked of supervisor and role, in order. */
    final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();

    final AtomicInteger cancelled = new AtomicInteger();
    final CountDownLatch hold = new CountDownLatch(1);
    volatile GapState gap = GapState.OPEN;
    /** What every pull brings, but those of "same". */
    volatile File file = file("/x/tiny.gguf", HASH);

    static File file(String path, String sha256) {
        return new File("tiny.gguf", path, 200, sha256, FileAssurance.SOURCE);
    }

    FakeFetch(Path home) {
        this.home = home;
        supervisor = BusServer.at(home.resolve("supervisor.sock"))
                .service(SupervisorProtocol.service(played(SupervisorProtocol.Handler.class, "start", this::start)))
                .start();
        airgap = BusServer.at(home.resolve("airgap.sock"))
                .service(AirgapProtocol.service(played(
                        AirgapProtocol.Handler.class, "status", () -> new AirgapProtocol.StatusReply(standing()))))
                .start();
    }

    /** What a handler of one method answers. */
    private interface Answering {
        Object answer();
    }

    private static <T> T played(Class<T> type, String only, Answering reply) {
        return type.cast(Proxy.newProxyInstance(
                FakeFetch.class.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    if (!method.getName().equals(only)) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    @SuppressWarnings("unchecked")
                    var call = (Call<Object>) arguments[1];
                    call.reply(reply.answer());
                    return null;
                }));
    }

    private synchronized SupervisorProtocol.StartReply start() {
        told.add("start");
        if (served.isEmpty()) {
            served = Optional.of(BusServer.at(home.resolve("fetch.sock"))
                    .service(FetchProtocol.service(this))
                    .start());
        }
        return new SupervisorProtocol.StartReply();
    }

    private Gap standing() {
        return new Gap(gap, "2026-01-01T00:00:00Z", "", "machine", 1, List.of(), List.of(), 0, true, List.of(), "key");
    }

    @Override
    public synchronized void close() {
        hold.countDown();
        served.ifPresent(BusServer::close);
        supervisor.close();
        airgap.close();
    }

    private static Progress progress(ProgressPhase phase, long bytes) {
        return new Progress(
                phase, "tiny.gguf", 1, 1, bytes, 200L, 10, null, null, phase == ProgressPhase.RESOLVING ? null : HASH);
    }

    @Override
    public void pull(PullParams in, Call<PullReply> call) {
        told.add("pull " + in.source());
        call.onCancel(cancelled::incrementAndGet);
        if (in.source().equals("ollama:missing:latest")) {
            throw new Failed(Reason.MISSING, "There is no such model there.", null);
        }
        if (in.source().equals("acme/gated")) {
            throw new Failed(Reason.UNAUTHORIZED, "hub.example wants a token.", "hub.example");
        }
        call.next(new PullReply(progress(ProgressPhase.FETCHING, 100), null));
        if (in.source().equals("ollama:slow:latest")) {
            waitFor(hold);
        }
        if (in.source().equals("ollama:broken:latest")) {
            throw new Failed(Reason.CONTENT, "Not the bytes that were promised.", null);
        }
        call.next(new PullReply(progress(ProgressPhase.CHECKING, 200), null));
        call.reply(new PullReply(null, brought(in)));
    }

    private Brought brought(PullParams in) {
        return new Brought(
                PULL,
                BroughtKind.OLLAMA,
                in.source(),
                "1b",
                "a-name-of-its-own",
                "mit",
                "{{ messages }}",
                new Parameters(0.5, null, 7L, null, null),
                List.of(in.source().equals("ollama:same:latest") ? file("/x/echo.gguf", "sha-echo") : file));
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void list(FetchProtocol.ListParams in, Call<FetchProtocol.ListReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void forget(FetchProtocol.ForgetParams in, Call<FetchProtocol.ForgetReply> call) {
        told.add("forget " + in.pull());
        call.reply(new FetchProtocol.ForgetReply());
    }

    @Override
    public void push(FetchProtocol.PushParams in, Call<FetchProtocol.PushReply> call) {
        throw new UnsupportedOperationException();
    }
}
