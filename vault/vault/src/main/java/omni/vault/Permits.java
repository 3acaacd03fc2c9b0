package omni.vault;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import omni.vault.VaultException.Reason;

/**
 * Proofs that the owner was there moments ago. Whoever gives the password gets a permit, which is good for dangerous calls of one
 * session during {@link SecretCall#PERMIT_LASTS}. Only its hash is kept, in memory, so that all end with this process. For any
 * thread.
 */
final class Permits {
    /** So many at once; with another one the oldest goes. */
    static final int MAX = 16;

    private static final int RANDOM_BYTES = 32;

    private final InstantSource clock;
    private final Deque<Given> given = new ArrayDeque<>();

    @SuppressWarnings("ArrayRecordComponent") // compared by MessageDigest
    private record Given(byte[] hash, String session, long millis, long nanos) {}

    Permits(InstantSource clock) {
        this.clock = clock;
    }

    /** A new permit for that session: 43 characters of base64url. */
    synchronized String issue(String session) {
        String permit = Base64.getUrlEncoder().withoutPadding().encodeToString(Ids.bytes(RANDOM_BYTES));
        if (given.size() == MAX) {
            given.removeFirst();
        }
        given.addLast(new Given(hash(permit), session, clock.millis(), System.nanoTime()));
        return permit;
    }

    /**
     * Returns where the permit is one of that session, and no older than it may be.
     *
     * @throws VaultException DENIED
     */
    synchronized void require(String permit, String session) throws VaultException {
        find(permit, session);
    }

    /** As {@link #require}, and good for nothing from then on. */
    synchronized void redeem(String permit, String session) throws VaultException {
        given.remove(find(permit, session));
    }

    /** Takes all of them back. */
    synchronized void clear() {
        given.clear();
    }

    private Given find(String permit, String session) throws VaultException {
        long now = clock.millis();
        byte[] hash = hash(permit);
        // By the clock, which goes on while the machine sleeps, and by what no one can set back.
        given.removeIf(one -> now < one.millis()
                || now - one.millis() >= SecretCall.PERMIT_LASTS.toMillis()
                || System.nanoTime() - one.nanos() >= SecretCall.PERMIT_LASTS.toNanos());
        return given.stream()
                .filter(one ->
                        MessageDigest.isEqual(one.hash(), hash) && one.session().equals(session))
                .findFirst()
                .orElseThrow(() -> new VaultException(
                        Reason.DENIED,
                        "This needs the owner's password, given within the last " + SecretCall.PERMIT_LASTS.toMinutes()
                                + " minutes: give it first."));
    }

    private static byte[] hash(String permit) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(permit.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
