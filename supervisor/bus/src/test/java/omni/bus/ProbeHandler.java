package omni.bus;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import omni.bus.ProbeProtocol.CountParams;
import omni.bus.ProbeProtocol.CountReply;
import omni.bus.ProbeProtocol.EchoParams;
import omni.bus.ProbeProtocol.EchoReply;
import omni.bus.ProbeProtocol.FailParams;
import omni.bus.ProbeProtocol.FailReply;
import omni.bus.ProbeProtocol.HoldParams;
import omni.bus.ProbeProtocol.HoldReply;
import omni.bus.ProbeProtocol.ReleaseParams;
import omni.bus.ProbeProtocol.ReleaseReply;
import omni.bus.ProbeProtocol.SayParams;
import omni.bus.ProbeProtocol.SayReply;

/** The implementation behind the tests' server. */
final class ProbeHandler implements ProbeProtocol.Handler {
    final AtomicInteger held = new AtomicInteger();
    final AtomicInteger cancelled = new AtomicInteger();
    final AtomicInteger counted = new AtomicInteger();
    final AtomicInteger said = new AtomicInteger();
    final AtomicReference<Peer> lastPeer = new AtomicReference<>(new Peer("", "", Optional.empty()));
    final Semaphore releases = new Semaphore(0);
    /** One for each handler of a held call that may end, its reply sent: as many as there are, unless a test takes them. */
    final Semaphore ends = new Semaphore(Integer.MAX_VALUE);

    @Override
    public void echo(EchoParams in, Call<EchoReply> call) {
        call.reply(new EchoReply(in.all()));
    }

    @Override
    public void say(SayParams in, Call<SayReply> call) {
        lastPeer.set(call.peer());
        said.incrementAndGet();
        call.reply(new SayReply(in.word()));
    }

    @Override
    public void count(CountParams in, Call<CountReply> call) {
        String filler = "x".repeat((int) in.bytes());
        call.onCancel(cancelled::incrementAndGet);
        for (int i = 0; i < in.count() - 1; i++) {
            call.next(new CountReply(i, filler));
            counted.incrementAndGet();
        }
        call.reply(new CountReply(in.count() - 1, filler));
    }

    @Override
    public void hold(HoldParams in, Call<HoldReply> call) {
        var left = new CountDownLatch(1);
        call.onCancel(() -> {
            cancelled.incrementAndGet();
            left.countDown();
            releases.release();
        });
        held.incrementAndGet();
        releases.acquireUninterruptibly();
        if (!call.isCancelled()) {
            call.reply(new HoldReply());
            ends.acquireUninterruptibly();
        }
    }

    @Override
    public void release(ReleaseParams in, Call<ReleaseReply> call) {
        releases.release();
        call.reply(new ReleaseReply());
    }

    @Override
    public void fail(FailParams in, Call<FailReply> call) {
        switch (in.how()) {
            case DECLARED -> throw new ProbeProtocol.Declared(7, "p", null, List.of("a", "b"));
            case UNDECLARED -> throw new BusError("omni.Other.Thing", Wire.out().toJson());
            case CRASH -> throw new IllegalStateException("planted");
            case SILENT -> held.incrementAndGet();
            case BIG ->
                throw new ProbeProtocol.Declared(
                        8, "x".repeat(BusLimits.defaults().messageBytesMax()), null, List.of());
        }
    }
}
