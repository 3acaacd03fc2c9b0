package omni.tpm;

import java.io.IOException;
import java.util.Objects;

/** What goes wrong with a TPM, in one sentence, with what to do where somebody can do something. */
public final class TpmException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    public enum Reason {
        /** The configuration names none as it should. */
        INVALID,
        /** There is none, or none is to be used. */
        ABSENT,
        /** It cannot be talked to, or answers as no TPM does. */
        FAILED,
        /** It has not answered in time. */
        SILENT,
        /** It is another one than was meant, or was cleared. */
        ANOTHER,
        /** The authorization is wrong. */
        DENIED,
        /** Too many wrong ones: it waits. */
        LOCKED,
        /** It holds nothing there. */
        MISSING,
        /** It has said no. */
        REFUSED
    }

    private final Reason reason;

    TpmException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    TpmException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What kind of failure it is. */
    public Reason reason() {
        return reason;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
