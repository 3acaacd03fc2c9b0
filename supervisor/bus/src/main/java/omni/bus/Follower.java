package omni.bus;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Follows what another process tells of itself in a stream of replies, and asks again, after a pause, whenever the stream ends, until
 * this is closed. One thread of its own calls what was given: {@code heard} for each reply, and {@code ended} after each stream,
 * also after one that could not begin.
 */
public final class Follower implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    private Follower(Thread.Builder builder, Runnable follow, Duration pause) {
        thread = builder.unstarted(() -> run(follow, pause));
    }

    /** Begins. {@code thread} names the thread, and {@code call} makes the call with "more". */
    public static <R> Follower start(
            String thread, Supplier<ReplyStream<R>> call, Consumer<R> heard, Runnable ended, Duration pause) {
        Follower follower =
                new Follower(Thread.ofVirtual().name(thread), () -> follow(thread, call, heard, ended), pause);
        follower.thread.start();
        return follower;
    }

    private void run(Runnable follow, Duration pause) {
        try {
            do {
                follow.run();
            } while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static <R> void follow(String name, Supplier<ReplyStream<R>> call, Consumer<R> heard, Runnable ended) {
        try (ReplyStream<R> replies = call.get()) {
            while (replies.hasNext()) {
                heard.accept(replies.next());
            }
        } catch (BusException e) {
            System.getLogger("omni.bus").log(Level.DEBUG, name + ": nothing is told at the moment", e);
        } finally {
            ended.run();
        }
    }

    /** Ends the stream that is followed, too. {@code ended} may be called once more. */
    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
    }
}
