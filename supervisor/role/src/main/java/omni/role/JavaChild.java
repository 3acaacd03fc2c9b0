package omni.role;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The command line of a child process that runs a class of this program, by this process's Java and jars. They are its class path and
 * not its modules: a class archive holds the modules of one main class only, and to resolve them without one takes a second, most of
 * what a short-lived child takes. The child lets nothing out of it: no crash report, core file or heap dump, and nobody attaches to it.
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
     * @param main what it runs; it may call native code
     * @param flags of its heap and the like
     * @param arguments what it is told
     */
    public static List<String> line(Class<?> main, List<String> flags, String... arguments) {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(FLAGS);
        line.addAll(flags);
        line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath(), main.getName()));
        line.addAll(List.of(arguments));
        return List.copyOf(line);
    }

    /** What this process has on its module path and its class path. */
    private static String classPath() {
        return Stream.of("jdk.module.path", "java.class.path")
                .flatMap(path -> Stream.of(System.getProperty(path, "").split(File.pathSeparator, -1)))
                .filter(entry -> !entry.isEmpty())
                .map(JavaChild::entry)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** A module path may name a folder of jars, which a class path does with a star. */
    private static String entry(String entry) {
        Path path = Path.of(entry);
        boolean jars = Files.isDirectory(path) && Files.notExists(path.resolve("module-info.class"));
        return jars ? path.resolve("*").toString() : entry;
    }
}
