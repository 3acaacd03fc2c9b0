package omni.vault;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Memory for secrets outside of the Java heap, where no collector copies it: whole pages, locked against the swap, left out of
 * core dumps and of children of a fork, with a page on each side that nothing may touch, and wiped when it is closed.
 *
 * <pre>
 *   | no access | bytes … rest of the last page | no access |
 * </pre>
 *
 * <p>For any thread. Use after the close is an IllegalStateException, of the views too.
 */
final class SecretMemory implements AutoCloseable {
    /** The largest secret is a key file of 1 MiB. */
    static final int BYTES_MAX = 2 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment pages;
    private final MemorySegment bytes;
    private final boolean locked;
    private final boolean hidden;

    /** Gives a mapping back: its address and its bytes, the guard pages included. */
    @FunctionalInterface
    interface Release {
        void release(long address, long bytes);
    }

    /**
     * That many bytes, all zero.
     *
     * @throws VaultException FAILED where the system gives no memory
     * @throws IllegalArgumentException below 1 byte and above {@value #BYTES_MAX}
     */
    static SecretMemory of(int bytes) throws VaultException {
        return new SecretMemory(bytes, Pages::release);
    }

    SecretMemory(int wanted, Release release) throws VaultException {
        if (wanted < 1 || wanted > BYTES_MAX) {
            throw new IllegalArgumentException("Secret memory has 1 to " + BYTES_MAX + " bytes, not " + wanted);
        }
        long inner = (wanted + Pages.BYTES - 1) / Pages.BYTES * Pages.BYTES;
        long whole = inner + 2 * Pages.BYTES;
        long start = Pages.reserve(whole);
        long address = start + Pages.BYTES;
        if (!Pages.open(address, inner)) {
            Pages.release(start, whole);
            throw new VaultException(VaultException.Reason.FAILED, "The system gives no memory for secrets.");
        }
        hidden = Pages.hide(address, inner);
        locked = Pages.lock(address, inner);
        pages = MemorySegment.ofAddress(address).reinterpret(inner, arena, _ -> release.release(start, whole));
        bytes = pages.asSlice(0, wanted);
    }

    /** The bytes. */
    MemorySegment segment() {
        return bytes;
    }

    /** The bytes as a direct buffer, which a channel reads into and writes from without a copy. Big-endian. */
    ByteBuffer buffer() {
        return bytes.asByteBuffer();
    }

    /** Whether the system keeps them out of the swap: with a limit of locked memory that is too low it does not. */
    boolean isLocked() {
        return locked;
    }

    /** Whether the system keeps them out of core dumps and forks, or, on macOS, zeroes them by itself. */
    boolean isHidden() {
        return hidden;
    }

    /**
     * Wipes the bytes and gives the memory back; nothing the second time.
     *
     * @throws IllegalStateException while a channel is at work on them: they are wiped, and are to be closed once more
     */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            pages.fill((byte) 0);
            arena.close();
        }
    }
}
