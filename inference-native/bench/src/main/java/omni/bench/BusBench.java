package omni.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import omni.bench.BenchProtocol.RepeatParams;
import omni.bench.BenchProtocol.RepeatReply;
import omni.bench.BenchProtocol.SayParams;
import omni.bus.ReplyStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The bus: time of a call, and time of one reply in a stream.
 *
 * <p>The baseline sends the very same bytes over a Unix socket of the JDK without parsing them: what is above it is the
 * price of JSON, types, threads and limits.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class BusBench {
    private static final int STREAM_REPLIES = 1000;

    /** Characters in each message's text: a token of an answer, and a prompt of some pages. */
    @Param({"8", "10000"})
    public int textChars = 8;

    private final BusRig rig = BusRig.start();
    private String text = "";

    /** Stops what was started with this object. */
    @TearDown
    public void close() throws IOException {
        rig.close();
    }

    private String text() {
        if (text.length() != textChars) {
            text = "x".repeat(textChars);
        }
        return text;
    }

    /** One call and its reply through generated code. */
    @Benchmark
    public Object call() {
        return rig.bench().say(new SayParams(text()));
    }

    /** The bytes of that call to and fro, unparsed. */
    @Benchmark
    public Object callBaseline() throws IOException {
        return rig.raw().roundTrip(text());
    }

    /** One of a thousand replies of a stream. */
    @Benchmark
    @OperationsPerInvocation(STREAM_REPLIES)
    public long streamReply() {
        long chars = 0;
        try (ReplyStream<RepeatReply> replies = rig.bench().repeatMore(new RepeatParams(text(), STREAM_REPLIES))) {
            while (replies.hasNext()) {
                chars += replies.next().text().length();
            }
        }
        return chars;
    }

    /** The bytes of one of a thousand such replies, unparsed. */
    @Benchmark
    @OperationsPerInvocation(STREAM_REPLIES)
    public long streamReplyBaseline() throws IOException {
        return rig.raw().stream(text(), STREAM_REPLIES);
    }
}
