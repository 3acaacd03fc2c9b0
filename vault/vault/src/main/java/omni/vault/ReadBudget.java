package omni.vault;

/** How much one list may read before it ends early, so that a page of large things does not fill the heap. For one thread. */
final class ReadBudget {
    /** With one thing of the largest size behind it, this is well within a message of the bus. */
    static final long BYTES_MAX = 1 << 20;

    private long left = BYTES_MAX;

    /** Reads that many bytes. */
    void take(long bytes) {
        left -= bytes;
    }

    /** Whether nothing more is to be read. */
    boolean isSpent() {
        return left <= 0;
    }
}
