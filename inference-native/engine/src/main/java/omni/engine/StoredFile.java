package omni.engine;

import java.nio.file.Path;

/**
 * A file of a model in the store.
 *
 * @param path where it is
 * @param sha256 its SHA-256 when it was taken in, 64 lower-case hexadecimal digits
 * @param stamp what it looked like when its hash was last right
 */
record StoredFile(Path path, String sha256, FileStamp stamp) {}
