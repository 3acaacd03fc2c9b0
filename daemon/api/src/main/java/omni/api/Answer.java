package omni.api;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import omni.bus.BusException;
import omni.bus.ReplyStream;
import org.jspecify.annotations.Nullable;

/**
 * What the engine answers to one call, reply by reply. One thread reads; any may cancel, which frees what the engine
 * holds for it at once.
 */
final class Answer<R> implements AutoCloseable {
    private final ReplyStream<R> replies;
    private final String promptParam;
    private final Map<String, String> names;
    private final AtomicReference<@Nullable ApiException> cancelled = new AtomicReference<>();
    private final AtomicReference<Runnable> whenAccepted = new AtomicReference<>(() -> {});
    private final AtomicReference<Consumer<R>> whenRead = new AtomicReference<>(_ -> {});
    private final double loadMillis;

    /**
     * Wraps the replies. See {@link #loadMillis}.
     *
     * @param promptParam the field that is to blame where the prompt is too long
     * @param names what fields are called in the request, where that is something else
     */
    Answer(ReplyStream<R> replies, String promptParam, double loadMillis, Map<String, String> names) {
        this.replies = replies;
        this.promptParam = promptParam;
        this.names = names;
        this.loadMillis = loadMillis;
    }

    /** Milliseconds that its model took to be in memory before the engine was asked for this. */
    double loadMillis() {
        return loadMillis;
    }

    /** Runs that when the engine's first reply is here: it has taken the prompt. To be called before it is awaited. */
    Answer<R> whenAccepted(Runnable then) {
        whenAccepted.set(then);
        return this;
    }

    /** Shows that each reply, too, before it is returned. To be called before one is awaited. */
    Answer<R> whenRead(Consumer<? super R> then) {
        whenRead.updateAndGet(before -> before.andThen(then));
        return this;
    }

    /**
     * The next reply; waits for it.
     *
     * @throws ApiException the reason given to {@link #cancel}, or what the engine's error means to a client
     */
    R next() {
        try {
            if (replies.hasNext()) {
                whenAccepted.getAndSet(() -> {}).run();
                var reply = replies.next();
                whenRead.get().accept(reply);
                return reply;
            }
        } catch (BusException e) {
            throw reasonOr(EngineLink.translate(e, promptParam).naming(names));
        }
        throw reasonOr(EngineLink.lost());
    }

    /** Ends the call; the reader gets {@code why}. The first reason counts. */
    void cancel(ApiException why) {
        if (cancelled.compareAndSet(null, why)) {
            replies.close();
        }
    }

    @Override
    public void close() {
        replies.close();
    }

    private ApiException reasonOr(ApiError other) {
        var reason = cancelled.get();
        return reason == null ? other : reason;
    }
}
