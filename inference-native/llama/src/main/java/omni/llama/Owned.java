package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One native object and the arena that lives exactly as long.
 *
 * <p>The arena is a shared one, so that the JDK itself holds it open while a call with {@link #pointer} is under way:
 * closing during a call is refused instead of freeing memory in use, and a call after closing is refused too.
 */
final class Owned implements AutoCloseable {
    private final String name;
    private final Arena arena = Arena.ofShared();
    private final AtomicBoolean closed = new AtomicBoolean();
    private MemorySegment pointer = MemorySegment.NULL;

    /** Nothing yet; {@code name} says what it will be, in errors. */
    Owned(String name) {
        this.name = name;
    }

    /** Memory in it lives as long as the object; freed after it. */
    Arena arena() {
        return arena;
    }

    /**
     * Takes over what a native function made.
     *
     * @param made what it returned
     * @param free what gives it back, called once, when this is closed
     * @return false where it made nothing (null); then this is closed
     */
    boolean take(MemorySegment made, Consumer<MemorySegment> free) {
        if (made.address() == 0) {
            close();
            return false;
        }
        pointer = made.reinterpret(arena, free);
        return true;
    }

    /** Whether there is one. */
    boolean isTaken() {
        return pointer.address() != 0;
    }

    /** The object, for a call. */
    MemorySegment pointer() {
        check();
        return pointer;
    }

    /** Refuses when closed. */
    void check() {
        if (closed.get()) {
            throw new LlamaException("used after close", name, "Open another one.");
        }
    }

    /** Frees the object; once, however often it is called. Refused while another thread is in a call with it. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            arena.close();
        } catch (IllegalStateException inUse) {
            closed.set(false);
            throw new LlamaException(
                    "closed while in use", name, "Abort and wait for the call under way on the other thread.", inUse);
        }
    }
}
