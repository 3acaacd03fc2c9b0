package omni.engine;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import omni.bus.BusClient;
import omni.bus.BusException;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Ends the engine when an open vault ends: what a prompt had of it may stand in this process's heap, in the library's memory and in
 * the attention cache, and nothing but the end of the process takes all of that away. An engine that has had no text goes on.
 *
 * <p>Follows the stream of {@code omni.Vault.Status} on a thread of its own; a stream that breaks off is the end of the vault, too.
 */
final class VaultTie implements AutoCloseable {
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final BusClient vault;
    private final BooleanSupplier hadText;
    private final Runnable vanish;
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean open;

    private VaultTie(BusClient vault, BooleanSupplier hadText, Runnable vanish) {
        this.vault = vault;
        this.hadText = hadText;
        this.vanish = vanish;
    }

    /** {@code vanish} ends this process at once. */
    static VaultTie to(BusClient vault, BooleanSupplier hadText, Runnable vanish) {
        VaultTie tie = new VaultTie(vault, hadText, vanish);
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
                hear(states.next().path("vault").path("state").asString(""));
            }
        } catch (BusException e) {
            System.getLogger(VaultTie.class.getName()).log(Level.DEBUG, "The vault cannot be watched now.", e);
        } finally {
            hear("");
        }
    }

    private void hear(String state) {
        boolean ends = open && !state.equals("open");
        open = state.equals("open");
        if (ends && closed.getCount() > 0 && hadText.getAsBoolean()) {
            vanish.run();
        }
    }

    /** The engine stops by itself. */
    @Override
    public void close() {
        closed.countDown();
    }
}
