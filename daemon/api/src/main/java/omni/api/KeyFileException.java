package omni.api;

import java.io.Serial;

/** The file of API keys cannot be read or written. */
final class KeyFileException extends ApiException {
    @Serial
    private static final long serialVersionUID = 1L;

    KeyFileException(String message, Throwable cause) {
        super(message, cause);
    }

    KeyFileException(String message) {
        super(message);
    }
}
