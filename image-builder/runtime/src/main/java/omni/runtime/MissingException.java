package omni.runtime;

/** Something that the tree is made of is not there; the message says what, and what brings it. */
final class MissingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MissingException(String message) {
        super(message);
    }
}
