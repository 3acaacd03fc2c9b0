package omni.vault;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Work on a thread of its own, for which nobody has to wait: a disk or a chip that hangs holds that thread, and no other one. */
final class Aside {
    private Aside() {}

    /** Begins it; the thread keeps no process alive. */
    static <T> FutureTask<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name(name).start(task);
        return task;
    }
}
