package omni.init;

import java.io.File;
import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Programs of this machine, by their names.
 *
 * @param path folders with a colon between, as in PATH
 */
record Programs(String path) {
    /** Administrators' programs, which are often in no user's PATH. */
    private static final String ADMINISTRATION = "/usr/sbin:/sbin";

    Programs(Map<String, String> environment) {
        this(environment.getOrDefault("PATH", "") + File.pathSeparator + ADMINISTRATION);
    }

    /** The program's file. */
    String get(String name) throws FileNotFoundException {
        return find(name).orElseThrow(() -> new FileNotFoundException(name + " is not installed"));
    }

    Optional<String> find(String name) {
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .filter(folder -> folder.startsWith("/"))
                .flatMap(folder -> Stream.of(Path.of(folder, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }
}
