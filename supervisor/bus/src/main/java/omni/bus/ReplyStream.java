package omni.bus;

import java.util.Iterator;

/**
 * The replies of a call made with "more", each read when asked for. One thread iterates; any may close.
 *
 * <p>{@code hasNext} and {@code next} block, and throw what the server answered as a {@link BusError}, or a
 * {@link BusException} when the connection ends early.
 */
public interface ReplyStream<R> extends Iterator<R>, AutoCloseable {
    /** Ends the call: if the last reply has not come, the connection is closed, and the server notices. */
    @Override
    void close();
}
