package omni.init;

/** What goes wrong in the supervisor or a launcher; its text says what to do. The root of this module's exceptions. */
class InitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InitException(String message) {
        super(message);
    }

    InitException(String message, Throwable cause) {
        super(message, cause);
    }
}
