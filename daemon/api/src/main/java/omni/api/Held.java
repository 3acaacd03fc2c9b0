package omni.api;

import org.jspecify.annotations.Nullable;

/**
 * What was made of a request's body, and the share of memory that it takes until the engine has accepted or refused it.
 * Closing lets go of both: an answer may take half an hour, and nothing of its prompt is needed any more.
 *
 * <p>For one thread.
 */
final class Held<T> implements AutoCloseable {
    private final Runnable release;
    private @Nullable T value;

    Held(T value, Runnable release) {
        this.value = value;
        this.release = release;
    }

    /** What is held; not to be asked for after {@link #close}. */
    T get() {
        var held = value;
        if (held == null) {
            throw new IllegalStateException("It has been let go");
        }
        return held;
    }

    @Override
    public void close() {
        value = null;
        release.run();
    }
}
