package omni.role;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a child process that runs a class of this program: this process's Java and modules, or its class path where it has
 * none. The child lets nothing out of it: no crash report, core file or heap dump, and nobody attaches to it.
 */
public final class JavaChild {
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

    private JavaChild() {}

    /**
     * The line; let its environment be empty, for the caller's could hold options of a virtual machine.
     *
     * @param main what it runs
     * @param flags of its heap and the like
     * @param natives the modules that call native code, with commas between
     * @param arguments what it is told
     */
    public static List<String> line(Class<?> main, List<String> flags, String natives, String... arguments) {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(FLAGS);
        line.addAll(flags);
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
        line.addAll(List.of(arguments));
        return List.copyOf(line);
    }
}
