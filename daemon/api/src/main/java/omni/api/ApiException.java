package omni.api;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** The root of what this module throws. The message never carries a prompt, an answer or a key. */
abstract sealed class ApiException extends RuntimeException permits ApiError, ClientGone, KeyFileException {
    @Serial
    private static final long serialVersionUID = 1L;

    ApiException(String message) {
        super(message);
    }

    ApiException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
