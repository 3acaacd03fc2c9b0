package omni.fetch;

import java.time.Duration;
import java.util.Objects;
import omni.fetch.FetchProtocol.Reason;

/** An attempt failed in a way that another may not. */
final class Again extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final Duration atLeast;

    /**
     * One failed attempt.
     *
     * @param reason what the pull ends with when patience is used up
     * @param atLeast the wait that the server asked for; zero where it asked for none
     */
    Again(Reason reason, String message, Duration atLeast) {
        super(message);
        this.reason = reason;
        this.atLeast = atLeast;
    }

    Again(String message) {
        this(Reason.UNREACHABLE, message, Duration.ZERO);
    }

    Reason reason() {
        return reason;
    }

    Duration atLeast() {
        return atLeast;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
