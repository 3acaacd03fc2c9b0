package omni.device;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A short-lived process with the program of this one: what may hang or crash is done there. */
public final class OwnJava {
    private OwnJava() {}

    /**
     * Returns the command line of a small Java with the same modules or class path as this one, up to the main class.
     *
     * @param main the main class
     * @param nativeAccess names of the modules that call native code in it, with commas between
     */
    public static List<String> command(Class<?> main, String nativeAccess) {
        String module = main.getModule().isNamed() ? main.getModule().getName() : "";
        return command(module, main.getName(), nativeAccess, "", List.of());
    }

    /**
     * Returns the command line of a small Java with more modules than this one, up to the main class.
     *
     * @param module of the main class; empty where it is in none
     * @param more a folder of modules that this process does without; empty for none
     * @param flags more of the virtual machine's
     */
    public static List<String> command(
            String module, String main, String nativeAccess, String more, List<String> flags) {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                "-Xmx64m"));
        line.addAll(flags);
        String modules = System.getProperty("jdk.module.path", "");
        if (!module.isEmpty() && !modules.isEmpty()) {
            line.addAll(List.of(
                    "--enable-native-access=" + nativeAccess,
                    "--module-path",
                    more.isEmpty() ? modules : modules + File.pathSeparator + more,
                    "-m",
                    module + "/" + main));
        } else {
            String classes = System.getProperty("java.class.path");
            line.addAll(List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    more.isEmpty() ? classes : classes + File.pathSeparator + more + File.separator + "*",
                    main));
        }
        return List.copyOf(line);
    }
}
