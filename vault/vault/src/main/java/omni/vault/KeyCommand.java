package omni.vault;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of the child process: this process's Java and modules, and flags that let nothing out of it. */
final class KeyCommand {
    /** Of the heap, beside what a derivation takes. */
    private static final int OTHER_MEBIBYTES = 64;

    /* A crash report, a core file or a heap dump would hold the root key; nobody may attach and look, either. */
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xmn16m",
            "-XX:ErrorFile=/dev/null",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:-HeapDumpOnOutOfMemoryError",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+DisableAttachMechanism",
            "-XX:-UsePerfData",
            "-Xshare:auto",
            "-Xlog:disable");

    private KeyCommand() {}

    /** For derivations of that much memory. */
    static List<String> line(int memoryKib) {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(FLAGS);
        // A block of 1 KiB is an object and an array on the heap, and a sixteenth more than that. All of it at once: a
        // heap that grows
        // is collected at each step.
        String heap = (memoryKib / 1024 * 17 / 16 + OTHER_MEBIBYTES) + "m";
        line.addAll(List.of("-Xms" + heap, "-Xmx" + heap));
        String modules = System.getProperty("jdk.module.path", "");
        String main = KeyMain.class.getName();
        if (KeyMain.class.getModule().isNamed() && !modules.isEmpty()) {
            String module = KeyMain.class.getModule().getName();
            line.addAll(List.of(
                    "--enable-native-access=omni.role,omni.vault",
                    "--module-path",
                    modules,
                    "-m",
                    module + "/" + main));
        } else {
            line.addAll(
                    List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), main));
        }
        return List.copyOf(line);
    }
}
