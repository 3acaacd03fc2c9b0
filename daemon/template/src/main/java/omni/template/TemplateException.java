package omni.template;

import java.io.Serial;
import java.util.Objects;

/**
 * The one exception of this module: why a chat template could not be compiled or rendered.
 *
 * <p>The message is static text with a hint what to do, followed by the names the template itself uses; it never
 * carries the conversation. The exception is {@link Kind#RAISED}: there the message is what the template said.
 */
public final class TemplateException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What went wrong, for a caller that answers differently to a bad request and a bad model file. */
    public enum Kind {
        /** The source is not a template this module can read; the model file is at fault. */
        SYNTAX,
        /** The template called {@code raise_exception}: it refuses these messages; the request is at fault. */
        RAISED,
        /** An operation failed on these values, such as an attribute of something undefined. */
        RUNTIME,
        /** One of the bounds of this module was passed. */
        LIMIT
    }

    private final Kind kind;
    private final int line;

    TemplateException(Kind kind, String message, int line) {
        super(message);
        this.kind = kind;
        this.line = line;
    }

    /** The same, with the line that was being rendered. */
    TemplateException at(int newLine) {
        TemplateException moved = new TemplateException(kind, Objects.requireNonNullElse(getMessage(), ""), newLine);
        moved.setStackTrace(getStackTrace());
        return moved;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }

    /** Line of the template's source, counted from 1, or 0 where no line is known. */
    public int line() {
        return line;
    }
}
