package omni.api;

import java.io.Serial;

/** The client closed its connection before its answer was complete: nobody is left to be told. */
final class ClientGone extends ApiException {
    @Serial
    private static final long serialVersionUID = 1L;

    ClientGone() {
        super("The client has closed the connection. Nothing to do.");
    }
}
