package omni.vault;

import java.io.IOException;
import java.util.Objects;

/** The root of what goes wrong here: one sentence, with what to do where the owner can do something. */
final class VaultException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    enum Reason {
        /** The call is wrong. */
        INVALID,
        /** A secret is wrong or missing. */
        DENIED,
        /** Too many wrong tries: wait. */
        LATER,
        /** The vault is locked. */
        SEALED,
        /** There is no such thing. */
        MISSING,
        /** Not in this state. */
        REFUSED,
        /** What is on the disk is not what was written. */
        DAMAGED,
        /** The disk or the system did not do it. */
        FAILED
    }

    /** Of what needs a vault, where none was made. */
    static final String ABSENT =
            "There is no vault yet: make one with omni vault init, or put a backup back with omni vault restore.";

    static final String LOCKED = "The vault is locked: unlock it with omni vault unlock.";

    private final Reason reason;
    private final boolean done;

    VaultException(Reason reason, String message) {
        super(message);
        this.reason = reason;
        this.done = false;
    }

    VaultException(Reason reason, String message, Throwable cause) {
        this(reason, message, cause, false);
    }

    private VaultException(Reason reason, String message, Throwable cause, boolean done) {
        super(message, cause);
        this.reason = reason;
        this.done = done;
    }

    /** The same, where what was asked for is done, and something behind it failed. */
    VaultException afterAll() {
        return new VaultException(reason, getMessage(), this, true);
    }

    /** Whether what was asked for is done all the same. */
    boolean isDone() {
        return done;
    }

    /** What kind of failure it is. */
    Reason reason() {
        return reason;
    }

    /** Its sentence, for a report that goes on, where the disk is at fault; anything else is thrown on. */
    String asProblem() throws VaultException {
        if (reason != Reason.DAMAGED && reason != Reason.FAILED) {
            throw this;
        }
        return getMessage();
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
