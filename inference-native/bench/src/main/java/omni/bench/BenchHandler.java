package omni.bench;

import omni.bus.Call;

/** The server's side of the benchmark. */
final class BenchHandler implements BenchProtocol.Handler {
    @Override
    public void say(BenchProtocol.SayParams in, Call<BenchProtocol.SayReply> call) {
        call.reply(new BenchProtocol.SayReply(in.text()));
    }

    @Override
    public void repeat(BenchProtocol.RepeatParams in, Call<BenchProtocol.RepeatReply> call) {
        var reply = new BenchProtocol.RepeatReply(in.text());
        for (long i = 1; i < in.count(); i++) {
            call.next(reply);
        }
        call.reply(reply);
    }
}
