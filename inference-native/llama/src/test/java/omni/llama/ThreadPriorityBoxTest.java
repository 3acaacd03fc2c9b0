package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** What the Linux kernel says of threads that gave their priority up. */
class ThreadPriorityBoxTest {
    /** The nice value of a thread: the 19th field of proc_pid_stat(5). */
    private static int nice(Path thread) throws IOException {
        String stat = Files.readString(thread.resolve("stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }

    private static List<Integer> all() throws IOException {
        List<Integer> values = new ArrayList<>();
        try (var threads = Files.list(Path.of("/proc/self/task"))) {
            for (var thread : threads.toList()) {
                values.add(nice(thread));
            }
        }
        return values;
    }

    private static <T> T onAThread(Callable<T> work) throws Exception {
        var task = new FutureTask<>(work);
        Thread.ofPlatform().start(task);
        return task.get();
    }

    @Test
    void theThreadAndWhatItStartsGiveWayAndNoOther() throws Exception {
        var library = LlamaLibrary.open(Seed.NATIVES);
        int low = onAThread(() -> {
            assertTrue(ThreadPriority.lower());
            assertEquals(10, nice(Path.of("/proc/thread-self")));
            try (var pool = Threadpool.create(library, 3, 0, false)) {
                assertEquals(3, pool.threads());
                return (int) all().stream().filter(n -> n == 10).count();
            }
        });
        assertEquals(3, low, "itself and two of the pool");
        assertEquals(0, onAThread(() -> nice(Path.of("/proc/thread-self"))), "a thread that did not ask keeps its own");
    }
}
