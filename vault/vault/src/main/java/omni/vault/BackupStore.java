package omni.vault;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Where the sealed chunks of backups are, under names of 64 hexadecimal digits. A chunk is there whole or not at all. For one
 * thread.
 */
interface BackupStore extends AutoCloseable {
    /** The names of all that are there. */
    Set<String> names() throws IOException;

    /**
     * One of them, at most {@link BackupCipher#CHUNK_BYTES_MAX} bytes.
     *
     * @throws VaultException MISSING, or DAMAGED where the store itself sees that it is not what was put
     */
    byte[] get(String name) throws IOException;

    /** Puts it there, or in the place of what is there; it may be lost until {@link #settle}. */
    void put(String name, byte[] sealed) throws IOException;

    /** Returns when the disk has all that was put. */
    void settle() throws IOException;

    /** Takes them out; those that are not there do not matter. */
    void remove(Collection<String> names) throws IOException;

    /** Tells of what the store has of its own beside the chunks and is not as it left it, a sentence each. */
    void check(Consumer<String> problems) throws IOException;

    /** Keeps what was put, where it can. */
    @Override
    void close() throws IOException;
}
