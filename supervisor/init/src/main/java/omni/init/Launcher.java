package omni.init;

import java.util.List;
import java.util.Map;
import omni.role.SupervisorProtocol.TreeLauncher;

/**
 * Starts role processes and ends them; the tree says which and when. Every method returns at once: what takes time is
 * done on the launcher's own threads, and told to the {@link Listener}. May be called from any thread.
 */
interface Launcher extends AutoCloseable {
    /** How {@code omni status} names it. */
    TreeLauncher kind();

    /** What of the designed isolation it does not give on this host, a line each; empty where all is given. */
    List<String> notIsolated();

    /** Starts a process of the role. The listener hears of it until it has {@link Listener#exited}. */
    Child launch(Launch launch, Listener listener);

    /** Kills whatever it started that still runs, and lets its threads go. Idempotent; blocks for seconds at most. */
    @Override
    void close();

    /**
     * A process to start.
     *
     * @param role what it is
     * @param instance the random name of this process: OMNI_INSTANCE
     * @param environment all of the process's variables; nothing else of the supervisor's own is passed on
     */
    record Launch(RoleSpec role, String instance, Map<String, String> environment) {
        public Launch {
            environment = Map.copyOf(environment);
        }
    }

    /** A process that was asked for. */
    interface Child {
        /** Asks it to stop in order (SIGTERM and its like). Repeating it, or asking after its end, does nothing. */
        void terminate();

        /** Kills it and all it has started. Repeating it, or asking after its end, does nothing. */
        void kill();
    }

    /** Who hears of a process, on the launcher's threads, one call at a time. */
    interface Listener {
        /** It runs under that process id; not called where it could not be started. */
        void started(long pid);

        /** It has ended, or could not be started; the last call. */
        void exited(Exit exit);
    }

    /**
     * How a process ended.
     *
     * @param code its exit code, or 128 and the signal's number, or -1 where it never ran
     * @param reason what is known beyond the code, such as the process's last error line; may be empty
     */
    record Exit(int code, String reason) {}
}
