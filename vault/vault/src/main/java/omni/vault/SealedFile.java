package omni.vault;

/**
 * A file of the vault, as its label says.
 *
 * @param id 128 random bits in hexadecimal: its name in the folder, never used again
 * @param kind what it is to the rest of the vault, as {@code document}
 * @param name as its owner calls it
 * @param bytes of the content
 * @param keyVersion of the data key that seals it
 */
record SealedFile(String id, String kind, String name, long bytes, int keyVersion) {}
