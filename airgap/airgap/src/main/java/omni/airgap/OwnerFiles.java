package omni.airgap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What files of a process in {@code /proc} say of it, for who holds a socket. What is no such file says nothing. Used by the child alone.
 *
 * <p>Source: cgroups(7), proc_pid_cmdline(5).
 */
final class OwnerFiles {
    private static final String ROLE_MAIN = "omni.role.Main";
    private static final String SUPERVISOR_MAIN = "omni.init.Main";

    private OwnerFiles() {}

    /** Of cgroup: "0::/system.slice/omni-engine.service" is omni-engine.service. */
    static String unit(ByteBuffer file) {
        return text(file)
                .lines()
                .filter(line -> line.startsWith("0::"))
                .map(line -> line.substring(line.lastIndexOf('/') + 1))
                .findFirst()
                .filter(unit -> fits(unit, CensusWire.UNIT_BYTES_MAX))
                .orElse("");
    }

    /** Of cmdline: "java … -m omni.role/omni.role.Main engine" is engine; the supervisor counts as one. */
    static String role(ByteBuffer file) {
        List<String> words = List.of(text(file).split("\0", -1));
        for (int i = 0; i + 1 < words.size(); i++) {
            if (words.get(i).endsWith(ROLE_MAIN)) {
                return fits(words.get(i + 1), CensusWire.ROLE_BYTES_MAX) ? words.get(i + 1) : "";
            }
        }
        return words.stream().anyMatch(word -> word.endsWith(SUPERVISOR_MAIN)) ? "supervisor" : "";
    }

    private static boolean fits(String text, int bytesMax) {
        return text.getBytes(StandardCharsets.UTF_8).length <= bytesMax;
    }

    private static String text(ByteBuffer file) {
        return StandardCharsets.UTF_8.decode(file).toString();
    }
}
