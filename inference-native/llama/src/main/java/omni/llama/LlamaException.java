package omni.llama;

/**
 * Something llama.cpp could not do, or was not allowed to try because it would have ended the process.
 *
 * <p>The root of this module's exceptions. {@link #problem} is a fixed sentence for each cause; what varies is
 * in {@link #detail}. No text of a prompt or an answer is ever in it.
 */
public final class LlamaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String detail;
    private final String hint;

    LlamaException(String problem, String detail, String hint) {
        super(problem);
        this.detail = detail;
        this.hint = hint;
    }

    LlamaException(String problem, String detail, String hint, Throwable cause) {
        super(problem, cause);
        this.detail = detail;
        this.hint = hint;
    }

    /** An argument outside its bounds: {@code name} was {@code value}, and {@code bounds} says what would do. */
    static LlamaException bounds(String name, long value, String bounds) {
        return new LlamaException("argument out of bounds", name + " is " + value, name + " must be " + bounds);
    }

    /** Checks {@code from <= value < to} and returns the value. */
    static int within(String name, int value, int from, int to) {
        if (value < from || value >= to) {
            throw bounds(name, value, "at least " + from + " and below " + to);
        }
        return value;
    }

    /** What exactly: a name, a number, a file, or the library's own last error line; empty when there is no more. */
    public String detail() {
        return detail;
    }

    /** What to do about it. */
    public String hint() {
        return hint;
    }

    /** What went wrong: a fixed sentence for each cause. */
    public String problem() {
        return String.valueOf(super.getMessage());
    }

    /** The problem, the detail and the hint in one line. */
    @Override
    public String getMessage() {
        return problem() + (detail.isEmpty() ? "" : ": " + detail) + ". " + hint;
    }
}
