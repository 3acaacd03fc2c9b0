package omni.bus;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows what another process tells of itself in a stream of replies, and asks again, after a pause, whenever the stream ends, until
 * this is closed. One thread of its own calls what was given: {@code heard} for each reply, and {@code ended} after each stream,
 * also after one that could not begin. It is never interrupted; what one of them throws is logged, and counts as the stream's end.
 */
public final class Follower implements AutoCloseable {
    private final String name;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicReference<@Nullable ReplyStream<?>> current = new AtomicReference<>();

    private Follower(String name) {
        this.name = name;
    }

    /** Begins. {@code thread} names the thread, and {@code call} makes the call with "more". */
    public static <R> Follower start(
            String thread, Supplier<ReplyStream<R>> call, Consumer<R> heard, Runnable ended, Duration pause) {
        Follower follower = new Follower(thread);
        Thread.ofVirtual().name(thread).start(() -> follower.run(() -> follower.follow(call, heard, ended), pause));
        return follower;
    }

    private void run(Runnable follow, Duration pause) {
        try {
            do {
                try {
                    follow.run();
                } catch (RuntimeException e) {
                    log(Level.WARNING, "what is told cannot be dealt with; asking again", e);
                }
            } while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private <R> void follow(Supplier<ReplyStream<R>> call, Consumer<R> heard, Runnable ended) {
        try (ReplyStream<R> replies = call.get()) {
            current.set(replies);
            while (closed.getCount() > 0 && replies.hasNext()) {
                heard.accept(replies.next());
            }
        } catch (BusException e) {
            log(Level.DEBUG, "nothing is told at the moment", e);
        } finally {
            ended.run();
        }
    }

    private void log(Level level, String what, RuntimeException e) {
        System.getLogger("omni.bus").log(level, name + ": " + what, e);
    }

    /** Ends the stream that is followed, too. {@code ended} may be called once more. */
    @Override
    public void close() {
        closed.countDown();
        ReplyStream<?> replies = current.get();
        if (replies != null) {
            replies.close();
        }
    }
}
