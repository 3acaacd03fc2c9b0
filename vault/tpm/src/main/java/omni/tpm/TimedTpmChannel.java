package omni.tpm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import omni.tpm.TpmException.Reason;

/**
 * A way to a TPM that has so much time for everything between its opening and its close: a TPM that takes a command and never
 * answers holds nobody. Once the time is over every further command is refused at once, and the way is closed by a thread that may wait
 * for it, as the kernel does until it gives the command up. For one thread.
 */
final class TimedTpmChannel implements TpmChannel {
    private final Duration patience;
    private final long startNanos = System.nanoTime();
    private final FutureTask<TpmChannel> opening;
    private boolean over;

    private TimedTpmChannel(Callable<TpmChannel> way, Duration patience) {
        this.patience = patience;
        this.opening = start("tpm", way);
    }

    /**
     * What that opens, within the time.
     *
     * @throws TpmException SILENT where it took longer, then and from every command
     */
    static TpmChannel open(Callable<TpmChannel> way, Duration patience) throws IOException {
        TimedTpmChannel timed = new TimedTpmChannel(way, patience);
        timed.await(timed.opening);
        return timed;
    }

    @Override
    public ByteBuffer transmit(byte[] command) throws IOException {
        if (over) {
            throw silent();
        }
        TpmChannel to = await(opening);
        return await(start("tpm", () -> to.transmit(command)));
    }

    private <T> T await(FutureTask<T> task) throws IOException {
        try {
            return task.get(patience.toNanos() - (System.nanoTime() - startNanos), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException told ? told : new IOException("The TPM cannot be talked to", e);
        } catch (TimeoutException e) {
            over = true;
            var _ = closing(); // it wakes what waits there for an answer
            throw silent();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            over = true;
            var _ = closing();
            throw new IOException("The talk with the TPM was broken off", e);
        }
    }

    /** On a thread of its own, which keeps no process alive. */
    private static <T> FutureTask<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name(name).start(task);
        return task;
    }

    private FutureTask<Boolean> closing() {
        return start("tpm-end", () -> {
            opening.get().close();
            return true;
        });
    }

    private TpmException silent() {
        return new TpmException(
                Reason.SILENT,
                "The TPM has not answered within " + patience.toSeconds()
                        + " s. Try again; where it stays silent, switch this machine off and on.");
    }

    @Override
    public void close() throws IOException {
        if (!over) {
            await(closing());
        }
    }
}
