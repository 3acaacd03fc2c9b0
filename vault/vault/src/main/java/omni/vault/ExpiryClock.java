package omni.vault;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/**
 * Whether the clock on the wall may say what is over: one that is set a year ahead would have all deleted that has a time. Where it
 * is more than {@link #JUMP} ahead of the last look, nothing is deleted until a look a day or more later, by the same clock, still finds
 * it there; a clock that was set right meanwhile begins anew. The setting {@value #SETTING} has the time of the last look, a blank, and when
 * the jump was seen, where one was. For any thread.
 */
final class ExpiryClock {
    static final Duration JUMP = Duration.ofDays(7);
    static final Duration WAIT = Duration.ofDays(1);

    private static final String SETTING = "expiry.clock";

    /** The disk is spared what is no news. */
    private static final Duration WRITTEN_EVERY = Duration.ofHours(1);

    private final Settings settings;
    private final Optional<Instant> begin;
    private Optional<Instant> waitsUntil = Optional.empty();

    /** {@code begin} is the last time that is known where there was no look yet; where there is none, the first is believed. */
    ExpiryClock(Settings settings, Optional<Instant> begin) {
        this.settings = settings;
        this.begin = begin;
    }

    private record Look(Instant last, Optional<Instant> jump) {
        String text() {
            return last + jump.map(seen -> " " + seen).orElse("");
        }
    }

    /** Whether a setting of that name is this one. */
    static boolean isSetting(String name) {
        return name.equals(SETTING);
    }

    /** Looks at that time, and says whether it may be gone by. */
    synchronized boolean trusts(Instant now) throws VaultException {
        Optional<Look> written = written();
        Optional<Look> before = written.or(() -> begin.map(time -> new Look(time, Optional.empty())));
        Look look = before.isPresent() ? look(before.get(), now) : new Look(now, Optional.empty());
        if (written.isEmpty()
                || !before.get().jump().equals(look.jump())
                || Duration.between(before.get().last(), look.last()).abs().compareTo(WRITTEN_EVERY) >= 0) {
            settings.put(SETTING, look.text());
        }
        waitsUntil = look.jump().map(seen -> seen.plus(WAIT));
        return look.jump().isEmpty();
    }

    private static Look look(Look before, Instant now) {
        if (!now.isAfter(before.last().plus(JUMP))) {
            return new Look(now, Optional.empty());
        }
        Instant seen = before.jump().filter(jump -> !now.isBefore(jump)).orElse(now);
        return now.isBefore(seen.plus(WAIT))
                ? new Look(before.last(), Optional.of(seen))
                : new Look(now, Optional.empty());
    }

    /** When what is over is deleted again, by a clock that has jumped; nothing where it has not. */
    synchronized Optional<Instant> waitsUntil() {
        return waitsUntil;
    }

    private Optional<Look> written() throws VaultException {
        Optional<String> text = settings.get(SETTING);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String[] parts = text.get().split(" ", 2);
        try {
            return Optional.of(new Look(
                    Instant.parse(parts[0]),
                    parts.length == 2 ? Optional.of(Instant.parse(parts[1])) : Optional.empty()));
        } catch (DateTimeParseException e) {
            throw new VaultException(Reason.DAMAGED, "The setting " + SETTING + " is no time.", e);
        }
    }
}
