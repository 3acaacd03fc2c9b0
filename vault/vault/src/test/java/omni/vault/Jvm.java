package omni.vault;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another Java process with this one's classes. */
final class Jvm {
    private static final Path MODULE = Path.of(System.getProperty("omni.root", "."), "vault", "vault");

    private Jvm() {}

    /** The command line of that class's main method, with options of the machine before it. */
    static ProcessBuilder process(List<String> options, Class<?> main, String... arguments) {
        String paths = String.join(
                ":",
                List.of(
                        MODULE.resolve("target/classes").toString(),
                        MODULE.resolve("target/test-classes").toString(),
                        System.getProperty("jdk.module.path", ""),
                        System.getProperty("java.class.path", "")));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-cp", paths, main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }
}
