package omni.vault;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import omni.role.Attempts;
import omni.role.LaterException;
import omni.vault.VaultException.Reason;

/** Judges secrets: each try is counted on the disk before, and wrong ones make the next wait. For one thread at a time. */
final class Judge {
    private static final Duration TOO_EARLY_EVERY = Duration.ofMinutes(1);

    private final Attempts attempts;
    private final Clock clock;
    private final Consumer<AuditEvent> told;
    private Instant tooEarlyTold = Instant.EPOCH;

    /** {@code told} writes down what came of it. */
    Judge(Attempts attempts, Clock clock, Consumer<AuditEvent> told) {
        this.attempts = attempts;
        this.clock = clock;
        this.told = told;
    }

    /** How many secrets in a row were wrong, and how long to wait; for any thread. */
    Attempts.Standing standing() throws VaultException {
        try {
            return attempts.standing();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** What a secret gives, where it is right. */
    interface Judgement<T> {
        T give() throws VaultException;
    }

    /** Counts the try on the disk, judges it, and takes the count back where it was right, or came to no judgement. */
    <T> T judged(Secret secret, Judgement<T> judgement) throws VaultException {
        secret.requireBounds(); // what nobody can have set is no try
        try {
            attempts.begin();
        } catch (LaterException e) {
            tooEarly();
            throw new VaultException(Reason.LATER, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
        try {
            T given = judgement.give();
            attempts.succeeded();
            return given;
        } catch (VaultException e) {
            if (e.reason() == Reason.DENIED) {
                told.accept(AuditEvent.WRONG_SECRET);
                throw withWait(e);
            }
            notJudged(e);
            throw e;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The same, and how long the next try has to wait, where it has to. */
    private VaultException withWait(VaultException denied) {
        try {
            long seconds = attempts.standing().left().plusMillis(999).toSeconds();
            return seconds == 0
                    ? denied
                    : new VaultException(
                            Reason.DENIED,
                            denied.getMessage() + " The next try has to wait " + seconds
                                    + (seconds == 1 ? " second." : " seconds."),
                            denied);
        } catch (IOException e) {
            denied.addSuppressed(e);
            return denied;
        }
    }

    private void notJudged(VaultException why) {
        try {
            attempts.notJudged();
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** Once a minute: whoever asks all the time fills no disk. */
    private void tooEarly() {
        Instant now = clock.instant();
        if (Duration.between(tooEarlyTold, now).compareTo(TOO_EARLY_EVERY) >= 0) {
            tooEarlyTold = now;
            told.accept(AuditEvent.TOO_EARLY);
        }
    }

    private static VaultException failed(IOException e) {
        return new VaultException(Reason.FAILED, String.valueOf(e.getMessage()), e);
    }
}
