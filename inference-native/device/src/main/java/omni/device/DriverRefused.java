package omni.device;

/** A driver that answers, but not with devices. */
final class DriverRefused extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whether that means that there is no device, and not that something is broken. */
    final boolean absent;

    DriverRefused(boolean absent, String message) {
        super(message);
        this.absent = absent;
    }
}
