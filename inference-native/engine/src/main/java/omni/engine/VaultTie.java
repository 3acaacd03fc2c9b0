package omni.engine;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import omni.bus.BusClient;
import omni.bus.BusException;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Ends the engine when an open vault ends: what a prompt had of it may stand in this process's heap, in the library's memory and in
 * the attention cache, and nothing but the end of the process takes all of that away. An engine that has had no text since the vault
 * was last known to be locked goes on; texts that came while nothing was heard of the vault count as if it had been open.
 *
 * <p>Follows the stream of {@code omni.Vault.Status} on a thread of its own; a stream that breaks off is the end of the vault, too.
 */
final class VaultTie implements AutoCloseable {
    private static final Duration AGAIN = Duration.ofMillis(500);

    private enum Heard {
        NOTHING,
        OPEN,
        LOCKED
    }

    private final BusClient vault;
    private final LongSupplier texts;
    private final Runnable vanish;
    private final CountDownLatch closed = new CountDownLatch(1);
    private Heard last = Heard.NOTHING;
    /** Of the texts, those that came before the vault was last known to be locked. */
    private long before;

    private VaultTie(BusClient vault, LongSupplier texts, Runnable vanish) {
        this.vault = vault;
        this.texts = texts;
        this.vanish = vanish;
    }

    /** {@code texts} counts those that this process has had; {@code vanish} ends it at once. */
    static VaultTie to(BusClient vault, LongSupplier texts, Runnable vanish) {
        VaultTie tie = new VaultTie(vault, texts, vanish);
        Thread.ofVirtual().name("omni-engine-vault").start(tie::run);
        return tie;
    }

    private void run() {
        try {
            do {
                follow();
            } while (!closed.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow() {
        try (var states = vault.more("omni.Vault.Status", JsonNodeFactory.instance.objectNode())) {
            while (states.hasNext()) {
                boolean open =
                        states.next().path("vault").path("state").asString("").equals("open");
                hear(open ? Heard.OPEN : Heard.LOCKED);
            }
        } catch (BusException e) {
            System.getLogger(VaultTie.class.getName()).log(Level.DEBUG, "The vault cannot be watched now.", e);
        } finally {
            if (last != Heard.NOTHING) {
                hear(Heard.LOCKED);
                last = Heard.NOTHING;
            }
        }
    }

    private void hear(Heard now) {
        long count = texts.getAsLong();
        if (now == Heard.LOCKED) {
            boolean since = last != Heard.LOCKED && count > before;
            before = count;
            if (since && closed.getCount() > 0) {
                vanish.run();
            }
        }
        last = now;
    }

    /** The engine stops by itself. */
    @Override
    public void close() {
        closed.countDown();
    }
}
