package omni.llama;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * Brings the native libraries into the build: from {@code OMNI_LLAMA_LIB}, else from the cache, else from npm.
 *
 * <p>The npm package {@code @node-llama-cpp/<platform>} is fetched with {@code npm pack}, so that the user's own registry
 * settings apply, and kept as {@link NpmCache} says; its SHA-512 is compared with the pinned one before a byte of it is unpacked.
 */
final class Natives {
    private static final Pattern LIBRARY = Pattern.compile("lib(llama|ggml[a-z0-9_-]*)(\\.v[0-9.]+)?\\.(so|dylib)");
    private static final int ENTRIES_MAX = 1000;
    private static final long BYTES_MAX = 4L << 30;

    private final String version;
    private final Map<String, String> environment;
    private final Npm npm;
    private final String variant;

    /**
     * Makes it.
     *
     * @param variant what else the libraries should compute on, such as {@code cuda}; empty for the processor alone
     */
    Natives(String version, Map<String, String> environment, Npm npm, String variant) {
        this.version = version;
        this.environment = environment;
        this.npm = npm;
        this.variant = variant;
    }

    /** {@code Natives VERSION FOLDER [VARIANT]}: fills the folder with the libraries for this machine. */
    public static void main(String[] args) throws IOException {
        if (args.length < 2 || args.length > 3) {
            System.err.println("usage: omni.llama.Natives VERSION FOLDER [VARIANT]");
            System.exit(2);
        }
        try {
            var variant = args.length == 3 ? args[2] : "";
            if (!new Natives(args[0], System.getenv(), Npm.command(), variant).into(Path.of(args[1]))) {
                System.err.println("Native libraries: there is no package " + variant + " for this machine ("
                        + System.getProperty("os.name") + " on " + System.getProperty("os.arch")
                        + "). inference-native/recipe/build makes some; without them the portable binding computes.");
                System.exit(variant.isEmpty() ? 0 : 1);
            }
        } catch (LlamaException e) {
            System.err.println("Native libraries: " + e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Fills the folder; leaves it alone where it has the very files already.
     *
     * @return false where there is no package for this machine: the folder is then empty
     */
    boolean into(Path folder) throws IOException {
        var source = source();
        if (source.isEmpty()) {
            NpmCache.delete(folder);
            Files.createDirectories(folder);
            return false;
        }
        if (!HashRecord.isIntact(folder) || !HashRecord.same(source.get(), folder)) {
            fill(folder, source.get());
        }
        return true;
    }

    private static void fill(Path folder, Path source) throws IOException {
        var parent = folder.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        var work = Files.createTempDirectory(parent, "native-");
        try {
            var fresh = Files.createDirectory(work.resolve("files"));
            copy(source, fresh);
            NpmCache.replace(fresh, folder);
        } finally {
            NpmCache.delete(work);
        }
    }

    private Optional<Path> source() throws IOException {
        var own = environment.getOrDefault("OMNI_LLAMA_LIB", "");
        if (!own.isBlank()) {
            var folder = Path.of(own);
            NativeFiles.in(folder).library("llama");
            return Optional.of(folder);
        }
        var platform = Platform.of(System.getProperty("os.name"), System.getProperty("os.arch"), variant);
        var pin = platform.isEmpty() ? Optional.<String>empty() : pin(platform.get());
        return pin.isEmpty() ? Optional.empty() : Optional.of(cached(platform.orElseThrow(), pin.get()));
    }

    /** The folder of the platform's files in the cache, fetched where it is not there or damaged. */
    Path cached(String platform, String integrity) throws IOException {
        var parent = cache(environment).resolve("natives").resolve(version);
        return new NpmCache(parent, npm)
                .folder(platform, "@node-llama-cpp/" + platform + "@" + version, integrity, Natives::unpack);
    }

    /** Where things that can be fetched again are kept. */
    static Path cache(Map<String, String> environment) {
        var own = environment.getOrDefault("OMNI_CACHE", "");
        if (!own.isBlank()) {
            return Path.of(own);
        }
        var xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        var base = xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("omni");
    }

    /** The pinned hash of the platform's package; empty where it has none. */
    static Optional<String> pin(String platform) throws IOException {
        var pins = new Properties();
        try (var in = Natives.class.getResourceAsStream("natives.properties")) {
            if (in == null) {
                throw new IllegalStateException("natives.properties is not in the module");
            }
            pins.load(in);
        }
        return Optional.ofNullable(pins.getProperty(platform));
    }

    /** Unpacks the libraries of {@code package/bins/<platform>/} and the licence, flat; the rest is left out. */
    static void unpack(Path archive, Path folder) throws IOException {
        try (var in = Files.newInputStream(archive)) {
            Tar.read(in, ENTRIES_MAX, BYTES_MAX, (name, content) -> {
                var file = name.getLast();
                var isLibrary = name.size() == 4
                        && name.subList(0, 2).equals(List.of("package", "bins"))
                        && LIBRARY.matcher(file).matches();
                if (isLibrary || name.equals(List.of("package", "LICENSE"))) {
                    write(content, folder.resolve(file));
                }
            });
        }
    }

    private static void write(InputStream content, Path file) throws IOException {
        Files.copy(content, file);
    }

    private static void copy(Path source, Path target) throws IOException {
        try (var list = Files.list(source)) {
            for (var file : list.toList()) {
                var name = file.getFileName().toString();
                if (Files.isRegularFile(file) && !name.equals(HashRecord.NAME)) {
                    Files.copy(file, target.resolve(name));
                }
            }
        }
        HashRecord.write(target);
    }
}
