package omni.airgap;

import java.io.IOException;
import java.util.Objects;

/** The root of what goes wrong here: one sentence, with what to do where the owner can do something. */
class AirgapException extends IOException {
    private static final long serialVersionUID = 1L;

    AirgapException(String message) {
        super(message);
    }

    AirgapException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
