package omni.fetch;

import java.util.Objects;
import java.util.Optional;
import omni.fetch.FetchProtocol.Reason;

/** The root of what goes wrong with a pull: a stable reason and one sentence with what to do. Holds no secret. */
final class FetchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final String host;

    FetchException(Reason reason, String message) {
        this(reason, message, "");
    }

    private FetchException(Reason reason, String message, String host) {
        super(message);
        this.reason = reason;
        this.host = host;
    }

    /** A host wants a token, or another one. */
    static FetchException unauthorized(String host, String message) {
        return new FetchException(Reason.UNAUTHORIZED, message, host);
    }

    /** The caller has left. */
    static FetchException cancelled() {
        return new FetchException(Reason.CANCELLED, "The pull was cancelled; what has come is kept.");
    }

    Reason reason() {
        return reason;
    }

    /** Which host wants a token. */
    Optional<String> host() {
        return Optional.of(host).filter(text -> !text.isEmpty());
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
