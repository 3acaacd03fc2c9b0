package omni.vault;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.vault.VaultException.Reason;

/** How long conversations are kept that have no time of their own. For any thread. */
final class Retention {
    private static final String SETTING = "conversations.keep";

    private final Settings settings;
    private final Conversations conversations;
    private final AuditTally tally;
    private final ExpiryClock clock;

    /** {@code lastUse} is the last time that is known from before. */
    Retention(Settings settings, Conversations conversations, AuditTally tally, Optional<Instant> lastUse) {
        this.settings = settings;
        this.conversations = conversations;
        this.tally = tally;
        this.clock = new ExpiryClock(settings, lastUse);
    }

    /** For how long after their last change; empty where for ever. */
    Optional<Duration> rule() throws VaultException {
        Optional<String> text = settings.get(SETTING);
        try {
            return text.map(Duration::parse);
        } catch (DateTimeParseException e) {
            throw new VaultException(Reason.INVALID, "The setting " + SETTING + " is no time, as P30D is.", e);
        }
    }

    /** Whether that rule would keep them for less time than the one that holds. */
    boolean isShorter(Optional<Duration> keep) throws VaultException {
        Optional<Duration> now = rule();
        return keep.isPresent() && (now.isEmpty() || keep.get().compareTo(now.get()) < 0);
    }

    void rule(Optional<Duration> keep) throws VaultException {
        Conversations.checkKeep(keep);
        if (keep.isPresent()) {
            settings.put(SETTING, keep.get().toString());
        } else if (settings.get(SETTING).isPresent()) {
            settings.remove(SETTING);
        }
    }

    /** As {@link #expire}, where that time is to be trusted; what is over stays until then. */
    void expireAt(Instant now) throws VaultException {
        if (clock.trusts(now)) {
            var _ = expire(now);
        }
    }

    /** As {@link ExpiryClock#waitsUntil}. */
    Optional<Instant> waitsUntil() {
        return clock.waitsUntil();
    }

    /** Deletes those whose time is over, and returns how many. */
    int expire(Instant now) throws VaultException {
        var gone = new AtomicInteger();
        try {
            conversations.expire(now, rule(), gone::addAndGet);
        } finally {
            if (gone.get() > 0) {
                tally.count(AuditEvent.DELETED, "expired", gone.get());
            }
        }
        return gone.get();
    }
}
