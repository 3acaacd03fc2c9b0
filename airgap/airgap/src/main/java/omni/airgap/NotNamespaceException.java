package omni.airgap;

/** A file stands for no network namespace. */
final class NotNamespaceException extends AirgapException {
    private static final long serialVersionUID = 1L;

    NotNamespaceException(String file) {
        super(file + " is no network namespace. Name a file such as /run/netns/NAME.");
    }
}
