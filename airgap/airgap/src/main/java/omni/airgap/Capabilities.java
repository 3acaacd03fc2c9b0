package omni.airgap;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Capabilities, which in Linux each thread has for itself: one that has given them up, and what it starts from then on, have none,
 * while the others of its process keep theirs. Source: capabilities(7), prctl(2).
 */
final class Capabilities {
    private static final Pattern SET = Pattern.compile("(?m)^Cap(?:Inh|Prm|Eff|Amb):\\s*([0-9a-f]+)$");
    private static final int SETS = 4;
    private static final Pattern NO_NEW = Pattern.compile("(?m)^NoNewPrivs:\\s*1$");
    /** More than there are. */
    private static final int NUMBER_MAX = 63;

    private Capabilities() {}

    /**
     * Takes all from the calling platform thread, for good, but for what it has of the right to lock memory. Nothing that it starts gets
     * any: no program has privileges by its file any more, root's own included. Where this thread may (CAP_SETPCAP), the bounding set is
     * empty afterwards, too.
     */
    static void drop() throws KernelException {
        try {
            for (int i = 0; i <= NUMBER_MAX; i++) {
                Libc.Rights.unbind(i);
            }
        } catch (KernelException e) {
            if (e.errno() != KernelException.EINVAL
                    && e.errno() != KernelException.EPERM) { // past the last; not permitted
                throw e;
            }
        }
        Libc.Rights.noNewPrivileges();
        try {
            // This process is locked in memory: a thread of it that may not lock any could map none, and the virtual
            // machine would end.
            Libc.Rights.lockMemoryAlone();
        } catch (KernelException e) {
            if (e.errno() != KernelException.EPERM) {
                throw e;
            }
            Libc.Rights.noCapabilities();
        }
    }

    /** Whether a process has none and gets none by starting a program, by its {@code status} in {@code /proc}. */
    static boolean none(String status) {
        Matcher sets = SET.matcher(status);
        int empty = 0;
        while (sets.find()) {
            if (!sets.group(1).matches("0+")) {
                return false;
            }
            empty++;
        }
        return empty == SETS && NO_NEW.matcher(status).find();
    }
}
