package omni.vault;

/**
 * What a folder of sealed files may take.
 *
 * @param fileBytesMax content of one file
 * @param folderBytesMax all files together, as they are on the disk
 * @param filesMax how many there may be
 * @param freeBytesMin what is left free on the disk, whatever is written
 */
record FileLimits(long fileBytesMax, long folderBytesMax, int filesMax, long freeBytesMin) {
    /** Of a vault of which nothing else is said. */
    static final FileLimits DEFAULT = new FileLimits(64L << 30, 1L << 40, 100_000, 256L << 20);

    FileLimits {
        if (fileBytesMax < 0 || fileBytesMax > SealedHead.CONTENT_BYTES_MAX || folderBytesMax < 0) {
            throw new IllegalArgumentException("A file has 0 to " + SealedHead.CONTENT_BYTES_MAX + " bytes");
        }
        if (filesMax < 0 || freeBytesMin < 0) {
            throw new IllegalArgumentException("Less than nothing");
        }
    }
}
