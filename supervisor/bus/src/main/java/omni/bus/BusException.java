package omni.bus;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The root of what goes wrong on the bus: the transport, a limit, a peer that left, an answer that does not fit. */
public class BusException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** One with a text that says what to do. */
    public BusException(String message) {
        super(message);
    }

    /** One with its cause. */
    public BusException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The text, never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }

    /** The other side left, or this side closed the call: nobody waits for the result. */
    public static final class Cancelled extends BusException {
        private static final long serialVersionUID = 1L;

        /** One with a text that says who left. */
        public Cancelled(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** Nobody serves this socket now; nothing has been sent. */
    public static final class Unavailable extends BusException {
        private static final long serialVersionUID = 1L;

        /** One with a text that names the socket. */
        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The server went away during a call; the call may or may not have had its effect. */
    public static final class Disconnected extends BusException {
        private static final long serialVersionUID = 1L;

        /** One with a text that names the socket. */
        public Disconnected(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The answer took longer than the caller allowed; the call may or may not have had its effect. */
    public static final class TimedOut extends BusException {
        private static final long serialVersionUID = 1L;

        /** One with a text that names the socket. */
        public TimedOut(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** A limit of {@link BusLimits} was passed by what came in, or as one of the two below says; the text names it. */
    public static sealed class Limit extends BusException permits Oversize, Exhausted {
        private static final long serialVersionUID = 1L;

        /** One with a text that names the limit and its value. */
        public Limit(String message) {
            super(message);
        }
    }

    /** The message that was to be sent is over the limit; nothing of it has been sent. */
    public static final class Oversize extends Limit {
        private static final long serialVersionUID = 1L;

        /** One with a text that names the limit and its value. */
        public Oversize(String message) {
            super(message);
        }
    }

    /** Every connection of this client stayed in a call for as long as it waited; nothing has been sent. */
    public static final class Exhausted extends Limit {
        private static final long serialVersionUID = 1L;

        /** One with a text that names the limit and its value. */
        public Exhausted(String message) {
            super(message);
        }
    }
}
