package omni.vault;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A main class of the tests in a process of its own. */
final class TestJava {
    private TestJava() {}

    static List<String> command(List<String> flags, Class<?> main, String... arguments) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(flags);
        line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath(), main.getName()));
        line.addAll(List.of(arguments));
        return List.copyOf(line);
    }

    private static String classPath() {
        try {
            Path classes = Path.of(KeyKeeper.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return String.join(
                    File.pathSeparator,
                    System.getProperty("jdk.module.path", ""),
                    System.getProperty("java.class.path"),
                    classes.resolveSibling("test-classes").toString());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
