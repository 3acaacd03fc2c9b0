package omni.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Puts the runtime tree together from the jars on its class path and the files of the checkout.
 *
 * <p>The tree is built beside its place and moved there when it is whole, so that a start meanwhile sees the old tree or
 * the new one, and a process that still runs from the old one keeps its open files.
 */
final class Assemble {
    /** The completion script of each shell, by the file name under which the shell looks for it. */
    private static final Map<String, String> COMPLETIONS =
            Map.of("bash", "omni.bash", "zsh", "_omni", "fish", "omni.fish");

    private final Path root;
    private final Path tree;
    private final FileTime time;

    private Assemble(Path root, Path tree, FileTime time) {
        this.root = root;
        this.tree = tree;
        this.time = time;
    }

    /**
     * Builds the tree.
     *
     * @param args the checkout, the tree's place, the version, the time (ISO 8601) that its files get, and the time at
     *     which the build began, which its stamp gets
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        var place = Path.of(args[1]);
        var fresh = place.resolveSibling(place.getFileName() + ".new");
        delete(fresh);
        try {
            var assemble = new Assemble(Path.of(args[0]), fresh, FileTime.from(Instant.parse(args[3])));
            assemble.files();
            assemble.completions();
            assemble.sums();
            assemble.settle();
        } catch (MissingException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        var stamp = Files.writeString(fresh.resolve("stamp"), args[2] + "\n");
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.parse(args[4])));
        replace(place, fresh);
    }

    private void files() throws IOException {
        for (var jar : jars(System.getProperty("java.class.path")).entrySet()) {
            copy(jar.getValue(), "lib/" + jar.getKey());
        }
        copyFolder(root.resolve("target/native"), "native");
        copyFolder(root.resolve("inference-native/seed"), "seed");
        copy(root.resolve("docs/LICENSE"), "LICENSE");
        var start = copy(root.resolve("supervisor/bin/omni"), "bin/omni");
        Files.setPosixFilePermissions(start, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** The jars of a class path by file name; what is no jar must be this program's own classes. */
    static SequencedMap<String, Path> jars(String classPath) {
        var jars = new TreeMap<String, Path>();
        for (var entry : List.of(classPath.split(File.pathSeparator, -1))) {
            var path = Path.of(entry);
            if (entry.endsWith(".jar")) {
                var other = jars.put(path.toFile().getName(), path);
                if (other != null && !other.equals(path)) {
                    throw new MissingException("Two libraries have one file name: " + other + " and " + path + ".");
                }
            } else if (!Files.isRegularFile(path.resolve("omni/runtime/Assemble.class"))) {
                throw new MissingException(entry + " is no jar: run the build up to its phase package, not less.");
            }
        }
        return jars;
    }

    /** Lets the command write its own completion scripts. */
    private void completions() throws IOException, InterruptedException {
        var folder = Files.createDirectories(tree.resolve("share/completions"));
        for (var shell : COMPLETIONS.entrySet()) {
            var process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--module-path",
                            tree.resolve("lib").toString(),
                            "--module",
                            "omni.cli/omni.cli.Main",
                            "completion",
                            shell.getKey())
                    .redirectOutput(folder.resolve(shell.getValue()).toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (process.waitFor() != 0) {
                throw new MissingException("The command could not write its completion script for " + shell + ".");
            }
        }
    }

    /** Writes the SHA-256 of every file, as sha256sum does, for {@code omni doctor}. */
    private void sums() throws IOException {
        var lines = new StringBuilder();
        try (var walk = Files.walk(tree)) {
            for (var file : walk.filter(Files::isRegularFile).sorted().toList()) {
                lines.append(sum(file))
                        .append("  ")
                        .append(tree.relativize(file))
                        .append('\n');
            }
        }
        Files.writeString(tree.resolve("SHA256SUMS"), lines);
    }

    private static String sum(Path file) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** Gives every file and folder of the tree the one time. */
    private void settle() throws IOException {
        try (var walk = Files.walk(tree)) {
            for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.setLastModifiedTime(path, time);
            }
        }
    }

    private void copyFolder(Path from, String to) throws IOException {
        if (!Files.isDirectory(from)) {
            throw new MissingException(from + " is missing: run the build of the whole project, from its root.");
        }
        try (var walk = Files.walk(from)) {
            for (var file : walk.filter(Files::isRegularFile).sorted().toList()) {
                copy(file, to + "/" + from.relativize(file));
            }
        }
    }

    private Path copy(Path from, String to) throws IOException {
        var target = tree.resolve(to);
        Files.createDirectories(target.toAbsolutePath().getParent());
        return Files.copy(from, target);
    }

    private static void replace(Path place, Path fresh) throws IOException {
        var old = place.resolveSibling(place.getFileName() + ".old");
        delete(old);
        if (Files.exists(place)) {
            Files.move(place, old, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
        delete(old);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var walk = Files.walk(folder)) {
            for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
