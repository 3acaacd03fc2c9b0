package omni.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import omni.device.DeviceProbe;
import omni.device.NativeFit;

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

    /** The jars of the portable binding, which lie apart: no role but its own process has them on its path. */
    private static final Pattern PORTABLE = Pattern.compile("(omni-portable|llama)-.*\\.jar");

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
     * @param args the checkout, the tree's place, the version, the time (ISO 8601) that its files get, the time at which
     *     the build began, which its stamp gets, and the version of the packages of native libraries
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        var place = Path.of(args[1]);
        var fresh = place.resolveSibling(place.getFileName() + ".new");
        var time = FileTime.from(Instant.parse(args[3]));
        delete(fresh);
        try {
            var assemble = new Assemble(Path.of(args[0]), fresh, time);
            assemble.files();
            assemble.natives(args[5]);
            assemble.portable();
            assemble.completions();
            new Placed(Path.of(args[0]), fresh, time).sums();
            assemble.settle();
            var stamp = Files.writeString(fresh.resolve("stamp"), args[2] + "\n");
            Files.setLastModifiedTime(stamp, FileTime.from(Instant.parse(args[4])));
            replace(place, fresh);
            new Placed(Path.of(args[0]), place.toRealPath(), time).complete();
        } catch (MissingException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private void files() throws IOException {
        for (var jar : jars(System.getProperty("java.class.path")).entrySet()) {
            var folder = PORTABLE.matcher(jar.getKey()).matches() ? "portable/" : "lib/";
            if (Unsigned.isSigned(jar.getValue())) {
                Unsigned.copy(jar.getValue(), place(folder + jar.getKey()));
            } else {
                copy(jar.getValue(), folder + jar.getKey());
            }
        }
        copyFolder(root.resolve("target/native"), "native");
        copyFolder(root.resolve("inference-native/seed"), "seed");
        copyFolder(root.resolve("hardware-kit/profiles"), "share/profiles");
        copy(root.resolve("docs/LICENSE"), "LICENSE");
        var start = copy(root.resolve("supervisor/bin/omni"), "bin/omni");
        Files.setPosixFilePermissions(start, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /**
     * Brings the packages of native libraries that fit this box beside the one for its processor, or those that {@code
     * OMNI_LLAMA_VARIANT} names, for a tree that will run elsewhere.
     */
    private void natives(String version) throws IOException, InterruptedException {
        var asked = System.getenv().getOrDefault("OMNI_LLAMA_VARIANT", "auto");
        if (!System.getenv().getOrDefault("OMNI_LLAMA_LIB", "").isBlank()) {
            return;
        }
        var variants = asked.equals("auto")
                ? fitting(DeviceProbe.live(root).read().natives())
                : Stream.of(asked.split(",", -1))
                        .filter(name -> !name.equals("none"))
                        .toList();
        for (var variant : variants) {
            var folder = tree.resolve("native-" + variant);
            var fetched = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "omni.llama.Natives",
                            version,
                            folder.toString(),
                            variant)
                    .inheritIO()
                    .start();
            if (fetched.waitFor() != 0) {
                delete(folder);
                if (!asked.equals("auto")) {
                    throw new MissingException("The native libraries for " + variant + " cannot be brought.");
                }
                System.err.println("Going on without the native libraries for " + variant + ".");
            }
        }
    }

    /** Takes java-llama.cpp's library for this system out of its jar; a system without one does without the binding. */
    private void portable() throws IOException, InterruptedException {
        var unpack = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--module-path",
                        tree.resolve("lib") + File.pathSeparator + tree.resolve("portable"),
                        "--module",
                        "omni.portable/omni.portable.Main",
                        "unpack",
                        tree.resolve("portable/native").toString())
                .inheritIO()
                .start();
        if (unpack.waitFor() != 0) {
            throw new MissingException("The portable binding's library cannot be unpacked.");
        }
    }

    /** The packages beside the one for the processor, by name. */
    static List<String> fitting(List<NativeFit> fits) {
        return fits.stream()
                .filter(fit -> fit.build() == NativeFit.Build.PACKAGE && fit.kind() != NativeFit.Kind.CPU)
                .map(fit -> fit.kind().word())
                .toList();
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
            Program.COMMAND.run(tree, folder.resolve(shell.getValue()), List.of(), "completion", shell.getKey());
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
        return Files.copy(from, place(to));
    }

    private Path place(String name) throws IOException {
        var target = tree.resolve(name);
        Files.createDirectories(target.toAbsolutePath().getParent());
        return target;
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
