package omni.airgap;

/** A list of the kernel's has something in it that nobody here can read. */
final class UnreadableException extends AirgapException {
    private static final long serialVersionUID = 1L;

    private final SocketList list;

    UnreadableException(SocketList list) {
        super("The kernel's list of sockets of " + list.protocol()
                + " has something in it that cannot be read, or too much: no census was taken.");
        this.list = list;
    }

    SocketList list() {
        return list;
    }
}
