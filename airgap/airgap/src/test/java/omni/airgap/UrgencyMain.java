package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Prints what a process is told that may not make its threads urgent, and nothing where it may. With an argument it locks its
 * memory, and prints a line: how many KiB are locked, how many more are resident than before, and what it is told where it may not.
 */
final class UrgencyMain {
    private UrgencyMain() {}

    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            Urgency.limits().ifPresent(System.out::print);
            return;
        }
        var _ = Urgency.limits(); // all that the lock needs is loaded
        long before = kibibytes("VmRSS");
        String said = LockedMemory.lock().orElse("");
        long more = kibibytes("VmRSS") - before;
        System.out.println(kibibytes("VmLck") + " " + more + " " + said);
    }

    /** Of proc_pid_status(5). */
    private static long kibibytes(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
