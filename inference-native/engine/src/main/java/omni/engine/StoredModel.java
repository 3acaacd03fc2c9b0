package omni.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * A model in the store.
 *
 * @param id SHA-256 of the file, 64 lower-case hexadecimal digits; of a split model, that of its parts' hashes, each
 *     followed by a newline
 * @param name what people call it, unique in the store
 * @param files its file, or its parts in order
 * @param seed whether it is the model that comes with Omni
 * @param pinned whether it is kept from removal and from making room
 * @param damaged whether a file was found not to be what it was
 * @param createdSeconds seconds since 1970 when it was added
 * @param card what is known of it without loading it
 */
record StoredModel(
        String id,
        String name,
        List<StoredFile> files,
        boolean seed,
        boolean pinned,
        boolean damaged,
        long createdSeconds,
        Card card) {
    /** Copies the list. */
    StoredModel {
        files = List.copyOf(files);
    }

    /** The file to give to llama.cpp: the only one, or the first part. */
    Path file() {
        return files.getFirst().path();
    }

    /** Length of all files together. */
    long sizeBytes() {
        return files.stream().mapToLong(f -> f.stamp().sizeBytes()).sum();
    }

    StoredModel named(String newName) {
        return new StoredModel(id, newName, files, seed, pinned, damaged, createdSeconds, card);
    }

    StoredModel pinned(boolean now) {
        return new StoredModel(id, name, files, seed, now, damaged, createdSeconds, card);
    }

    StoredModel found(boolean nowDamaged, List<StoredFile> nowFiles) {
        return new StoredModel(id, name, nowFiles, seed, pinned, nowDamaged, createdSeconds, card);
    }
}
