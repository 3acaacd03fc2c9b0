package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import omni.vault.VaultException.Reason;

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
        this.opening = Aside.start("tpm", way);
    }

    /**
     * What that opens, within the time.
     *
     * @throws VaultException FAILED where it took longer, then and from every command
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
        return await(Aside.start("tpm", () -> to.transmit(command)));
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

    private FutureTask<Boolean> closing() {
        return Aside.start("tpm-end", () -> {
            opening.get().close();
            return true;
        });
    }

    private VaultException silent() {
        return new VaultException(
                Reason.FAILED,
                "The TPM has not answered within " + patience.toSeconds()
                        + " s. Try again; where it stays silent, switch this machine off and on, or unlock with the recovery"
                        + " key, which needs no TPM: omni vault recover.");
    }

    @Override
    public void close() throws IOException {
        if (!over) {
            await(closing());
        }
    }
}
