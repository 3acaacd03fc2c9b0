package omni.airgap;

/** The key that has signed the evidence until now cannot be had any more: what comes after is signed by another. */
final class LostKeyException extends AirgapException {
    private static final long serialVersionUID = 1L;

    LostKeyException(String message) {
        super(message);
    }

    LostKeyException(String message, Throwable cause) {
        super(message, cause);
    }
}
