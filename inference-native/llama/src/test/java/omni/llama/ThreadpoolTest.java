package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadpoolTest {
    private static List<Integer> answer(Context context) {
        context.memory().clear(false);
        return Seed.answer(context, "What is 7 plus 5?", 0, 12);
    }

    @Test
    void computesTheSameWithPoolsAndWithout() {
        try (var pool = Threadpool.create(Seed.LIBRARY, 1, 0, true);
                var batchPool = Threadpool.create(Seed.LIBRARY, 2, 0, false);
                var context = Seed.context(1)) {
            var alone = answer(context);
            context.attachThreadpool(pool, batchPool);
            assertEquals(alone, answer(context));
            pool.pause();
            batchPool.pause();
            assertEquals(alone, answer(context), "a batch wakes a pool that sleeps");
            pool.resume();
            batchPool.resume();
            assertEquals(alone, answer(context));
            context.detachThreadpool();
            assertEquals(alone, answer(context));
            context.attachThreadpool(pool, pool);
            assertEquals(alone, answer(context));
            assertEquals(2, batchPool.threads());
        }
    }

    @Test
    void staysUntilItsContextIsClosed() {
        var pool = Threadpool.create(Seed.LIBRARY, 1, 0, false);
        var context = Seed.context(1);
        context.attachThreadpool(pool, pool);
        context.detachThreadpool();
        // llama.cpp pauses the pool of before at the next decode, so it must be there still.
        assertEquals(
                "the thread pool is in use",
                assertThrows(LlamaException.class, pool::close).problem());
        answer(context);
        try (var other = Seed.context(1)) {
            assertThrows(LlamaException.class, () -> other.attachThreadpool(pool, pool), "one context a pool");
        }
        context.close();
        pool.close();
        pool.close();
        assertThrows(LlamaException.class, pool::pause);
        try (var other = Seed.context(1)) {
            assertThrows(LlamaException.class, () -> other.attachThreadpool(pool, pool), "closed");
        }
    }

    @Test
    void boundsAreCheckedOnePast() {
        assertThrows(LlamaException.class, () -> Threadpool.create(Seed.LIBRARY, 0, 0, false));
        assertThrows(
                LlamaException.class, () -> Threadpool.create(Seed.LIBRARY, ContextParams.THREADS_MAX + 1, 0, false));
        assertThrows(LlamaException.class, () -> Threadpool.create(Seed.LIBRARY, 1, -1, false));
        assertThrows(LlamaException.class, () -> Threadpool.create(Seed.LIBRARY, 1, 101, false));
        Threadpool.create(Seed.LIBRARY, 1, 100, false).close();
    }
}
