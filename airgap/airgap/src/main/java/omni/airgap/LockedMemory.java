package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps this process in memory: one that has rested for days, on a box that needs its memory for models, would else have been
 * swapped out, and what the kernel can read again from a file dropped, and a request to close would wait for a disk at each page.
 * Locked is what has been used, from its first use on (MCL_ONFAULT), so that it takes no more memory than before; what the
 * {@link Rehearsal} has run through is what an engage needs.
 *
 * <p>Source: mlockall(2), getrlimit(2), capabilities(7), user_namespaces(7).
 */
final class LockedMemory {
    private static final Pattern NO_LIMIT = Pattern.compile("(?m)^Max locked memory +unlimited ");
    private static final Pattern EFFECTIVE = Pattern.compile("(?m)^CapEff:\\s*([0-9a-f]{16})$");
    private static final int CAP_IPC_LOCK = 14;
    private static final Pattern EVERY_USER = Pattern.compile("\\s*0 +0 +4294967295\\s*");

    private LockedMemory() {}

    /** Locks it for as long as this process lives, and says what it means where that may not be; a line. */
    static Optional<String> lock() {
        try {
            if (!allowed(own("limits"), own("status"), own("uid_map"))) {
                return limit("there is a limit for locked memory, RLIMIT_MEMLOCK");
            }
            Libc.lockMemory();
            return Optional.empty();
        } catch (IOException e) { // KernelException is one
            return limit(String.valueOf(e.getMessage()));
        }
    }

    private static String own(String file) throws IOException {
        return Files.readString(Path.of("/proc/self", file));
    }

    private static Optional<String> limit(String why) {
        return Optional.of("where memory is short, a gap may wait for a disk: this role can be swapped out (" + why
                + "); started as root, or by the units of `omni units systemd`, it cannot");
    }

    /**
     * Whether nothing limits what a process may lock, by its files in /proc: below a limit that it reaches later the virtual machine
     * would end. A capability in a user namespace of its own is none for this.
     */
    static boolean allowed(String limits, String status, String users) {
        Matcher effective = EFFECTIVE.matcher(status);
        boolean capable = effective.find() && (Long.parseUnsignedLong(effective.group(1), 16) >> CAP_IPC_LOCK & 1) == 1;
        return NO_LIMIT.matcher(limits).find()
                || (capable && EVERY_USER.matcher(users).matches());
    }
}
