package omni.init;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whom a process of Linux acts as (proc_pid_status(5)).
 *
 * @param user the effective uid; 0 for root
 * @param group the effective gid
 */
record Owner(int user, int group) {
    private static final int EFFECTIVE = 2;

    static Owner ofThisProcess() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
        return new Owner(effective(lines, "Uid:"), effective(lines, "Gid:"));
    }

    private static int effective(List<String> lines, String name) throws IOException {
        String line = lines.stream()
                .filter(one -> one.startsWith(name))
                .findFirst()
                .orElseThrow(() -> new IOException("/proc/self/status has no " + name));
        return Integer.parseInt(line.split("\\s+", -1)[EFFECTIVE]);
    }
}
