package omni.vault;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import omni.bus.BusClient;
import omni.bus.Follower;
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
    private volatile boolean open;
    private Optional<Long> awayNanos = Optional.empty();
    private Optional<Follower> follower = Optional.empty();

    /** {@code nanos} is {@link System#nanoTime()}. */
    GapWatch(Vault vault, LongSupplier nanos) {
        this.vault = vault;
        this.nanos = nanos;
    }

    /** Begins, by a client of the role "airgap": with the gap's own words, as this module knows nothing of its neighbours. */
    GapWatch start(BusClient airgap) {
        vault.barredBy(this::bars);
        follower = Optional.of(Follower.start(
                "gap-lock",
                () -> airgap.more("omni.Airgap.Status", JsonNodeFactory.instance.objectNode()),
                reply -> heard(reply.path("gap").path("state").asString("")),
                this::away,
                RETRY));
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
        follower.ifPresent(Follower::close);
    }
}
