package omni.device;

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
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                "-Xmx64m"));
        String modules = System.getProperty("jdk.module.path", "");
        Module module = main.getModule();
        if (module.isNamed() && !modules.isEmpty()) {
            line.addAll(List.of(
                    "--enable-native-access=" + nativeAccess,
                    "--module-path",
                    modules,
                    "-m",
                    module.getName() + "/" + main.getName()));
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
