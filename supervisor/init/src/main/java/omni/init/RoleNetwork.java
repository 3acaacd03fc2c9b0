package omni.init;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import omni.role.Native;

/** Which network the processes of roles are in, where they are child processes. For any thread. */
sealed interface RoleNetwork extends Closeable permits OwnNetwork, SharedNetwork {
    /** The command line that starts a role's program there. */
    List<String> enter(String role, List<String> command);

    /** Variables that tell the role of it. */
    Map<String, String> variables(String role);

    /** What of the designed isolation is missing, in one line. */
    String notIsolated();

    @Override
    void close();

    /**
     * Keeps other programs of this user out of this process's memory, where the root of the roles' credentials is. Not where
     * the roles enter their network by descriptors of this process: to open those takes the right to look into it.
     */
    default void hideSupervisor() {
        if (!Native.forbidCoreDump()) {
            System.getLogger("omni.init")
                    .log(System.Logger.Level.WARNING, "Other programs may look into the supervisor");
        }
    }

    /**
     * The best that there is here without asking anybody: without root a network of the roles' own, where Linux permits that.
     * With root everything stays as it is, for root has the kill switch for the whole machine. May take as long as three
     * programs do.
     *
     * @param environment of this process; programs are looked for in its PATH
     */
    static RoleNetwork of(Map<String, String> environment) {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
            return new SharedNetwork("");
        }
        try {
            return isRoot() ? new SharedNetwork("") : OwnNetwork.make(new Programs(environment));
        } catch (IOException e) {
            return new SharedNetwork(String.valueOf(e.getMessage()));
        }
    }

    /** By the effective uid (proc_pid_status(5)). */
    private static boolean isRoot() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    }
}
