package omni.role;

import java.time.Duration;
import java.util.List;
import omni.bus.Service;

/**
 * One duty of the box, run as one process by {@link Main}. Found by {@link java.util.ServiceLoader}; making the object
 * costs nothing and starts nothing, for it is made in every process to learn its sections.
 */
public interface Role {
    /** Its name: the process, the socket and the log file are called so. Lower-case letters and digits. */
    String name();

    /** The tables of {@code omni.toml} that belong to it. */
    List<Section<?>> sections();

    /**
     * Starts the role's work and returns when it is ready to serve. Called once, on the main thread.
     *
     * @throws Exception where it cannot start: the message goes to the log and the process exits with 70
     */
    Running start(RoleContext context) throws Exception;

    /** A role that is ready. */
    interface Running {
        /** What it serves on its socket; asked once. */
        List<Service> services();

        /**
         * Ends its work in order: no new work, what runs is finished or refused within the grace. Called once, on a
         * thread of its own; when it returns, or the grace is over, the process ends.
         */
        void stop(Duration grace);
    }
}
