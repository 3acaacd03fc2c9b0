package omni.role;

import org.jspecify.annotations.Nullable;

/** Root of what goes wrong in this module; the message says what, and what to do about it. */
public class RoleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure with its text and, where there is one, its cause. */
    public RoleException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
