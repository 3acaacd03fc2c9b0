package omni.vault;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.bus.ReplyStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Where that is wished, locks the vault when the air gap closes, and keeps it locked until it opens. A gap that nobody knows of is a
 * closed one: at the start, and when the gap's role is away for longer than it takes to start again. One thread watches; {@link #bars}
 * is for any.
 */
final class GapWatch implements AutoCloseable {
    /** So long a role that has died may be away. */
    static final Duration AWAY_MAX = Duration.ofSeconds(30);

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Vault vault;
    private final LongSupplier nanos;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean open;
    private Optional<Long> awayNanos = Optional.empty();

    /** {@code nanos} is {@link System#nanoTime()}. */
    GapWatch(Vault vault, LongSupplier nanos) {
        this.vault = vault;
        this.nanos = nanos;
    }

    /** Begins, by a client of the role "airgap". */
    GapWatch start(BusClient airgap) {
        vault.barredBy(this::bars);
        Thread.ofVirtual().name("gap-lock").start(() -> watch(airgap));
        return this;
    }

    /** Why the vault is to stay locked; nothing where the gap is known to be open. */
    Optional<String> bars() {
        return open
                ? Optional.empty()
                : Optional.of(
                        "The air gap is closed, or its role does not answer, and lock_in_gap in [vault] of omni.toml"
                                + " keeps the vault locked then. Look at omni airgap status.");
    }

    /** The gap's own words, without its module: this one knows nothing of its neighbours. */
    private void watch(BusClient bus) {
        try {
            do {
                try (ReplyStream<JsonNode> changes =
                        bus.more("omni.Airgap.Status", JsonNodeFactory.instance.objectNode())) {
                    while (changes.hasNext()) {
                        heard(changes.next().path("gap").path("state").asString(""));
                    }
                } catch (BusException e) {
                    System.getLogger("omni.vault").log(Level.DEBUG, "The gap cannot be watched at the moment", e);
                }
                away();
            } while (!closed.await(RETRY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void heard(String state) {
        awayNanos = Optional.empty();
        open = state.equals("open");
        if (!open) {
            vault.lock("the air gap has closed");
        }
    }

    /** Nobody tells of it at the moment. */
    void away() {
        long now = nanos.getAsLong();
        long since = awayNanos.orElse(now);
        awayNanos = Optional.of(since);
        if (open && now - since > AWAY_MAX.toNanos()) {
            open = false;
            vault.lock("the air gap's role has not answered for " + AWAY_MAX.toSeconds() + " seconds");
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
