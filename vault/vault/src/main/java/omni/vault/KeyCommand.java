package omni.vault;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a child process that has secrets: this process's Java and modules, and flags that let nothing out of it. */
final class KeyCommand {
    /** Of the heap, beside what a derivation takes. */
    private static final int OTHER_MEBIBYTES = 64;

    /* A crash report, a core file or a heap dump would hold the root key; nobody may attach and look, either. */
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
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
        // A block of 1 KiB is an object and an array on the heap, and a sixteenth more than that. All of it at once: a
        // heap that grows
        // is collected at each step.
        String heap = (memoryKib / 1024 * 17 / 16 + OTHER_MEBIBYTES) + "m";
        return java(List.of("-Xmn16m", "-Xms" + heap, "-Xmx" + heap), KeyMain.class, "omni.role,omni.vault");
    }

    /**
     * Of that main class of this module.
     *
     * @param heap flags of its size
     * @param natives the modules that call native code
     */
    static List<String> java(List<String> heap, Class<?> main, String natives) {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(FLAGS);
        line.addAll(heap);
        String modules = System.getProperty("jdk.module.path", "");
        if (main.getModule().isNamed() && !modules.isEmpty()) {
            line.addAll(List.of(
                    "--enable-native-access=" + natives,
                    "--module-path",
                    modules,
                    "-m",
                    main.getModule().getName() + "/" + main.getName()));
        } else {
            line.addAll(List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    main.getName()));
        }
        return List.copyOf(line);
    }
}
