package omni.engine;

import java.nio.file.Path;

/**
 * A model in the store.
 *
 * @param id SHA-256 of the file, 64 lower-case hexadecimal digits
 * @param name what people call it, unique in the store
 * @param file the GGUF file
 * @param seed whether it is the model that comes with Omni
 * @param sizeBytes length of the file
 * @param createdSeconds seconds since 1970 when it was added
 * @param header what the file's head says
 */
record StoredModel(
        String id, String name, Path file, boolean seed, long sizeBytes, long createdSeconds, GgufHeader header) {}
