package omni.engine;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a child process of a test needs to find the classes that are tested. */
final class Children {
    private static final List<String> MODULES = List.of(
            "inference-native/engine",
            "inference-native/gguf",
            "inference-native/llama",
            "supervisor/bus",
            "supervisor/role");

    private Children() {}

    /** Classes and test classes of the engine and what it needs, and the libraries of this process. */
    static String classPath() {
        Stream<String> ours = MODULES.stream()
                .flatMap(module -> Stream.of("target/classes", "target/test-classes")
                        .map(part -> Path.of(System.getProperty("omni.root"), module, part)
                                .toString()));
        Stream<String> libraries = Stream.of("java.class.path", "jdk.module.path")
                .map(name -> System.getProperty(name, ""))
                .flatMap(path -> Stream.of(path.split(File.pathSeparator)))
                .filter(entry -> entry.endsWith(".jar"));
        return Stream.concat(ours, libraries).distinct().collect(Collectors.joining(File.pathSeparator));
    }
}
