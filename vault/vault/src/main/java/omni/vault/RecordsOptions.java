package omni.vault;

/**
 * What tests may switch off or make small.
 *
 * @param erases whether what is deleted is overwritten, in the database and in the index
 * @param synchronous whether a change is on the disk before its caller hears of it
 * @param pagesMax how large the database may grow, in pages of {@value CipherPages#PAGE_BYTES} bytes
 */
record RecordsOptions(boolean erases, boolean synchronous, long pagesMax) {
    /** As the product runs: everything on, 64 GiB. */
    static final RecordsOptions PRODUCT = new RecordsOptions(true, true, (64L << 30) / CipherPages.PAGE_BYTES);
}
