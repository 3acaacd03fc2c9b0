package omni.rules;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The files of a checkout, by their paths relative to its root with forward slashes.
 *
 * @param root the folder that holds the top-level pom.xml
 * @param files every file that belongs to the repository, sorted
 */
record Tree(Path root, List<String> files) {
    private static final List<String> NOT_OURS = List.of("/target/", "/node_modules/", "/.git/", "/__pycache__/");

    /** Returns the files below {@code root} without build outputs and the version control's own. */
    static Tree of(Path root) {
        var found = new TreeSet<String>();
        try (var walk = Files.walk(root)) {
            walk.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> NOT_OURS.stream().noneMatch(("/" + name)::contains))
                    .filter(name -> !name.equals(".git"))
                    .forEach(found::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Tree(root, List.copyOf(found));
    }

    /** Returns the names that satisfy {@code wanted}, sorted. */
    List<String> where(Predicate<String> wanted) {
        return files.stream().filter(wanted).toList();
    }

    /** Returns the text of a file; bytes that are no UTF-8 become replacement characters. */
    String text(String name) {
        try {
            return new String(Files.readAllBytes(root.resolve(name)), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Java that people wrote and that ships: neither tests, nor benchmarks, nor generated code. */
    List<String> mainJava() {
        return where(n -> n.endsWith(".java") && n.contains("/src/main/java/"));
    }

    /** Java of the tests. */
    List<String> testJava() {
        return where(n -> n.endsWith(".java") && n.contains("/src/test/java/"));
    }
}
