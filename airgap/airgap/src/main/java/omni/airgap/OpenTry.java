package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one try of its kind that is open. Whoever begins while it is gets the same one, with its whole time again: so nobody takes it
 * from who began first, and there is one code alone that could be meant. It ends by its time, or when somebody who has the secret
 * has tried it. For one thread at a time.
 */
final class OpenTry {
    /** From when it was last handed out. */
    static final Duration HOLDS = Duration.ofMinutes(2);
    /** However often it is. */
    static final Duration HOLDS_LONGEST = Duration.ofMinutes(5);

    private static final int NONCE_BYTES = 32;

    private final Clock clock;
    private final SecureRandom random;
    private @Nullable Challenge open;

    OpenTry(Clock clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    /**
     * What is asked of who tries.
     *
     * @param nonce what they sign
     * @param code what only the box shows; empty where none is asked for
     * @param begun when it was made
     * @param until when it is over
     */
    record Challenge(String nonce, String code, Instant begun, Instant until) {
        boolean holds(Instant now) {
            return !now.isBefore(begun) && !now.isAfter(until);
        }

        boolean hasCode(String given) {
            return !code.isEmpty() && same(code, given);
        }

        private Challenge again(Instant now) {
            Instant next = now.plus(HOLDS);
            Instant last = begun.plus(HOLDS_LONGEST);
            return new Challenge(nonce, code, begun, next.isBefore(last) ? next : last);
        }
    }

    /** A new one, which is not open yet. */
    Challenge make(String code) {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        Instant now = clock.instant();
        return new Challenge(Base64.getEncoder().encodeToString(bytes), code, now, now.plus(HOLDS));
    }

    Challenge open(Challenge next) {
        open = next;
        return next;
    }

    /** The one that is open, and holds anew; none where there is none. */
    Optional<Challenge> again() {
        Instant now = clock.instant();
        return Optional.ofNullable(open)
                .filter(challenge -> challenge.holds(now))
                .map(challenge -> open(challenge.again(now)));
    }

    /** The one that is open, where that is its nonce. */
    Optional<Challenge> find(String nonce) {
        return Optional.ofNullable(open)
                .filter(challenge -> same(challenge.nonce(), nonce) && challenge.holds(clock.instant()));
    }

    /** It is over. */
    void end() {
        open = null;
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }
}
