package omni.init;

import java.time.Duration;
import java.util.Map;
import omni.role.SupervisorConfig;

/** How the tree puts into words what happened. */
final class Words {
    private static final Map<Integer, String> SIGNALS = Map.of(
            1, "SIGHUP", 2, "SIGINT", 3, "SIGQUIT", 4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL",
            11, "SIGSEGV", 15, "SIGTERM");

    private Words() {}

    /** "was killed by SIGSEGV", "ended with code 70: no such file". */
    static String ending(Launcher.Exit exit) {
        String more = exit.reason().isEmpty() ? "" : ": " + exit.reason();
        if (exit.code() < 0) {
            return "could not be started" + more;
        } else if (exit.code() > 128) {
            int signal = exit.code() - 128;
            return "was killed by " + SIGNALS.getOrDefault(signal, "signal " + signal) + more;
        } else if (exit.code() == 3) {
            return "ran out of memory (code 3)" + more;
        }
        return "ended with code " + exit.code() + more;
    }

    /** The last word of a tree, or of a role on demand, whose budget is used up. */
    static String budget(String role, String fault, SupervisorConfig patience) {
        return role + " " + fault + ". The restart budget is used up (restarts_max = " + patience.restartsMax()
                + " within " + time(patience.restartWindow()) + ", table [supervisor] of omni.toml).";
    }

    /** A duration for people: "250 ms", "1.5 s", "2 min". */
    static String time(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        } else if (millis < 120_000) {
            return millis % 1000 == 0 ? millis / 1000 + " s" : Math.round(millis / 100.0) / 10.0 + " s";
        }
        return Math.round(millis / 60_000.0) + " min";
    }
}
