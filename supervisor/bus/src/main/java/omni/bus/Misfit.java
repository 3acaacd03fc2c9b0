package omni.bus;

/** A JSON value that does not fit its declared type. */
final class Misfit extends BusException {
    private static final long serialVersionUID = 1L;
    private final String parameter;

    Misfit(String parameter) {
        super("The value of \"" + parameter + "\" is missing or has the wrong type: compare it with the interface");
        this.parameter = parameter;
    }

    /** The field, with dots for nesting. */
    String parameter() {
        return parameter;
    }
}
