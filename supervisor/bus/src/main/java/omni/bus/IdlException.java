package omni.bus;

/** An interface description that breaks the grammar or contradicts itself. */
final class IdlException extends BusException {
    private static final long serialVersionUID = 1L;
    private final int line;

    IdlException(int line, String message) {
        super("line " + line + ": " + message);
        this.line = line;
    }

    /** The line of the fault, counted from 1. */
    int line() {
        return line;
    }
}
