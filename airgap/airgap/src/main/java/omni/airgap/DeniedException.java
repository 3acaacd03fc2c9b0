package omni.airgap;

import omni.airgap.AirgapProtocol.FailedReason;

/** A call that is not done, and whose fault that is. */
final class DeniedException extends AirgapException {
    private static final long serialVersionUID = 1L;

    private final FailedReason reason;

    DeniedException(FailedReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    FailedReason reason() {
        return reason;
    }
}
