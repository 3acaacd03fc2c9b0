package omni.engine;

import java.time.Duration;
import java.util.function.LongSupplier;
import omni.bus.BusClient;
import omni.bus.Follower;
import tools.jackson.databind.JsonNode;
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

    private final LongSupplier texts;
    private final Runnable vanish;
    private final Follower follower;
    private volatile boolean closed;
    private Heard last = Heard.NOTHING;
    /** Of the texts, those that came before the vault was last known to be locked. */
    private long before;

    private VaultTie(BusClient vault, LongSupplier texts, Runnable vanish) {
        this.texts = texts;
        this.vanish = vanish;
        this.follower = Follower.start(
                "omni-engine-vault",
                () -> vault.more("omni.Vault.Status", JsonNodeFactory.instance.objectNode()),
                this::told,
                this::ended,
                AGAIN);
    }

    /** {@code texts} counts those that this process has had; {@code vanish} ends it at once. */
    static VaultTie to(BusClient vault, LongSupplier texts, Runnable vanish) {
        return new VaultTie(vault, texts, vanish);
    }

    private void told(JsonNode reply) {
        boolean open = reply.path("vault").path("state").asString("").equals("open");
        hear(open ? Heard.OPEN : Heard.LOCKED);
    }

    private void ended() {
        if (last != Heard.NOTHING) {
            hear(Heard.LOCKED);
            last = Heard.NOTHING;
        }
    }

    private void hear(Heard now) {
        long count = texts.getAsLong();
        if (now == Heard.LOCKED) {
            boolean since = last != Heard.LOCKED && count > before;
            before = count;
            if (since && !closed) {
                vanish.run();
            }
        }
        last = now;
    }

    /** The engine stops by itself. */
    @Override
    public void close() {
        closed = true;
        follower.close();
    }
}
