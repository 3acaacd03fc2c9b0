package omni.engine;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An answer of java-llama.cpp's on its way to its reader. The library sends text without its tokens, so that they are
 * counted as they come: those of a character that is made of several count as one.
 *
 * <p>Belongs to the model's thread.
 */
final class PortableWriting {
    private final Generation request;
    private final TextAssembler assembler;
    private final long startNanos = System.nanoTime();
    private long firstNanos;
    private int tokens;
    private @Nullable Runnable end;

    PortableWriting(Generation request) {
        this.request = request;
        this.assembler = new TextAssembler(request.stops);
    }

    /** Hands out what has come. */
    void accept(PortableProtocol.GenerateReply reply) {
        firstNanos = firstNanos == 0 ? System.nanoTime() : firstNanos;
        PortableProtocol.GenerateReplyEnded why = reply.ended();
        tokens += why == null ? 1 : 0;
        request.outbox.put(assembler.accept(reply.text().getBytes(StandardCharsets.UTF_8)), null);
        if (assembler.stopped()) {
            end("", Outbox.Finish.STOP);
        } else if (why != null) {
            boolean stop = why == PortableProtocol.GenerateReplyEnded.STOP;
            // The token that ends an answer came as one without text.
            tokens -= stop ? 1 : 0;
            String rest = assembler.finish();
            end(rest, stop || assembler.stopped() ? Outbox.Finish.STOP : Outbox.Finish.LENGTH);
        }
    }

    /** Ends the answer where it is, unless it has ended. */
    void cut() {
        if (end == null) {
            end(assembler.finish(), assembler.stopped() ? Outbox.Finish.STOP : Outbox.Finish.LENGTH);
        }
    }

    private void end(String rest, Outbox.Finish finish) {
        long now = System.nanoTime();
        Outbox.Usage usage = new Outbox.Usage(
                request.prompt.length,
                0,
                tokens,
                (startNanos - request.startNanos) / 1e6,
                (firstNanos - startNanos) / 1e6,
                (now - firstNanos) / 1e6,
                assembler.stoppedBy());
        end = () -> request.outbox.end(rest, finish, usage);
    }

    /** Whether a stop string was met or the library has ended. */
    boolean ended() {
        return end != null;
    }

    int tokens() {
        return tokens;
    }

    /** Tells the reader that the answer has ended; to be called when the library is free again. */
    void deliverEnd() {
        Runnable delivery = end;
        if (delivery != null) {
            delivery.run();
        }
    }
}
