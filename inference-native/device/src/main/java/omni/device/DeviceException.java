package omni.device;

/** What goes wrong in this module that is not the mere absence of a device; the one root of its exceptions. */
public final class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DeviceException(String message) {
        super(message);
    }

    DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
