package omni.vault;

/** How much one list may read before it ends early, so that a page of large things does not fill the heap. For one thread. */
final class ReadBudget {
    private long bytesLeft = KeptBounds.PAGE_BYTES_MAX - KeptBounds.ITEM_BYTES_MAX;
    private long tokensLeft = KeptBounds.PAGE_TOKENS_MAX - KeptBounds.ITEM_TOKENS_MAX;

    /** Reads that many bytes, which hold so many values, names and brackets. */
    void take(long bytes, long tokens) {
        bytesLeft -= bytes;
        tokensLeft -= tokens;
    }

    /** Whether nothing more is to be read. */
    boolean isSpent() {
        return bytesLeft <= 0 || tokensLeft <= 0;
    }
}
