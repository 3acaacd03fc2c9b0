package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import omni.llama.raw.Llama;
import omni.llama.raw.ggml_threadpool_params;

/**
 * Threads that compute for one context, kept between batches.
 *
 * <p>Any thread may call {@link #pause} and {@link #resume}. Closing it while a context uses it is refused: llama.cpp looks
 * at a pool once more when the next one is attached, so a pool stays in use until its context is closed.
 */
public final class Threadpool implements AutoCloseable {
    private final Owned owned;
    private final int threads;
    private boolean used;

    private Threadpool(Owned owned, int threads) {
        this.owned = owned;
        this.threads = threads;
    }

    /**
     * Starts the threads.
     *
     * @param library what computes
     * @param threads 1 to {@link ContextParams#THREADS_MAX}; the one that calls decode is one of them
     * @param poll how eagerly a thread waits for work, 0 (sleeps at once) to 100 (spins)
     * @param paused whether they begin asleep; the first batch wakes them
     */
    public static Threadpool create(LlamaLibrary library, int threads, int poll, boolean paused) {
        LlamaException.within("threads", threads, 1, ContextParams.THREADS_MAX + 1);
        LlamaException.within("poll", poll, 0, 101);
        library.takeError();
        var owned = new Owned("thread pool");
        try (var arena = Arena.ofConfined()) {
            var params = ggml_threadpool_params.allocate(arena);
            Llama.ggml_threadpool_params_init(params, threads);
            ggml_threadpool_params.poll(params, poll);
            ggml_threadpool_params.paused(params, paused);
            if (!owned.take(Llama.ggml_threadpool_new(params), Llama::ggml_threadpool_free)) {
                throw new LlamaException("the threads cannot be started", library.takeError(), "Ask for fewer.");
            }
        }
        return new Threadpool(owned, threads);
    }

    /** How many threads compute, the calling one among them. */
    public int threads() {
        return threads;
    }

    /** Lets its threads sleep until the next batch, or {@link #resume}. */
    public void pause() {
        Llama.ggml_threadpool_pause(owned.pointer());
    }

    /** Wakes its threads. */
    public void resume() {
        Llama.ggml_threadpool_resume(owned.pointer());
    }

    MemorySegment pointer() {
        return owned.pointer();
    }

    synchronized void retain() {
        owned.check();
        if (used) {
            throw new LlamaException("the thread pool is in use", "by another context", "Make one for each context.");
        }
        used = true;
    }

    synchronized void release() {
        used = false;
    }

    /** Ends its threads; once, however often it is called. Refused while a context uses it. */
    @Override
    public synchronized void close() {
        if (used) {
            throw new LlamaException("the thread pool is in use", "by a context", "Close the context first.");
        }
        owned.close();
    }
}
