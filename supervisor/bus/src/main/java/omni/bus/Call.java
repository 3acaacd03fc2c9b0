package omni.bus;

/**
 * One call as its handler sees it. The handler ends it with {@link #reply} or by throwing a {@link BusError}.
 *
 * <p>Replies are sent by one thread at a time; the cancellation methods may be called from any.
 */
public interface Call<R> {
    /** Whether the caller asked for a stream of replies. */
    boolean wantsMore();

    /**
     * Sends a reply that others follow. Blocks while the caller is slow to read.
     *
     * @throws BusException.Cancelled when the caller left
     * @throws IllegalStateException when the caller asked for one reply only, or has had the last
     */
    void next(R reply);

    /**
     * Sends the last reply. Of a call sent "oneway" nothing goes out.
     *
     * @throws BusException.Cancelled when the caller left
     * @throws IllegalStateException when the caller has had the last reply
     */
    void reply(R last);

    /** Whether the caller left, or the server closes. */
    boolean isCancelled();

    /**
     * Runs something once when the caller leaves before the last reply, at once if it already left. It runs on the
     * connection's reading thread, or on the calling one, and must not block.
     */
    void onCancel(Runnable action);

    /** Who calls. */
    Peer peer();
}
