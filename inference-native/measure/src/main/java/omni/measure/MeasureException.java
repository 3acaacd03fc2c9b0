package omni.measure;

/** Why something could not be measured: a sentence for the owner, and a kind for programs. */
public final class MeasureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What went wrong, for programs. */
    public enum Kind {
        /** What was asked for is outside its bounds, or contradicts itself. */
        INVALID,
        /** No connection, or one that broke. */
        UNREACHABLE,
        /** The server understood and refused, a missing or wrong key included. */
        REFUSED,
        /** The server has too much to do, or is not ready. */
        BUSY,
        /** What came is no answer that can be measured. */
        UNUSABLE,
        /** No whole answer within the time. */
        TIMEOUT,
        /** A file or folder cannot be written. */
        FILES
    }

    MeasureException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    MeasureException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }
}
