package omni.role;

import java.time.Duration;

/** Table {@code [supervisor]}: how patient the supervision tree is. Read by the supervisor, and known to every role. */
public record SupervisorConfig(
        @Key(
                doc = "Restarts of resident roles within restart_window that the tree accepts. One more stops the"
                        + " tree.",
                def = "5",
                min = "0",
                max = "100000",
                unit = "restarts")
        int restartsMax,

        @Key(doc = "The window in which restarts are counted.", def = "1m", min = "1s", max = "24h")
        Duration restartWindow,

        @Key(
                doc = "Wait before the second restart in a row. The first is immediate; each further wait is twice"
                        + " as long.",
                def = "250ms",
                min = "1ms",
                max = "1m")
        Duration backoffFirst,

        @Key(doc = "Longest wait before a restart.", def = "10s", min = "1ms", max = "1h")
        Duration backoffMax,

        @Key(
                doc = "How long a role stays ready before its next failure counts as the first in a row again.",
                def = "10s",
                min = "1ms",
                max = "1h")
        Duration stableAfter,

        @Key(
                doc = "A process that takes longer to become ready is killed and started again.",
                def = "60s",
                min = "1s",
                max = "1h")
        Duration startTimeout,

        @Key(
                doc = "A ready process that reports nothing for so long is killed and started again. It reports each"
                        + " second.",
                def = "10s",
                min = "2s",
                max = "10m")
        Duration liveness,

        @Key(doc = "Time that a role has to stop in order before it is killed.", def = "5s", min = "100ms", max = "5m")
        Duration stopGrace) {
    /** The table, with its defaults and bounds. */
    public static final Section<SupervisorConfig> SECTION = Section.of("supervisor", SupervisorConfig.class);
}
