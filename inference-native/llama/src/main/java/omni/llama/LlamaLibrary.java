package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandleProxies;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import omni.llama.raw.Llama;
import omni.llama.raw.ggml_backend_dev_props;
import org.jspecify.annotations.Nullable;

/**
 * The native libraries of this process: llama.cpp, ggml and the backends that fit this machine.
 *
 * <p>The one owner. They are loaded once, from one folder, by absolute path, and stay until the process ends, because
 * neither the JDK nor ggml can take them out again. Any thread may call.
 */
public final class LlamaLibrary {
    /** Only these kinds of backend are ever loaded; the one that computes over a network is not among them. */
    private static final List<String> BACKENDS = List.of("cuda", "hip", "metal", "vulkan", "sycl", "opencl", "cpu");

    private static @Nullable LlamaLibrary loaded;

    private final Path directory;
    private final LlamaLog log;
    private final List<String> backends;
    private final boolean vision;

    private LlamaLibrary(Path directory, LlamaLog log, List<String> backends, boolean vision) {
        this.directory = directory;
        this.log = log;
        this.backends = backends;
        this.vision = vision;
    }

    /**
     * The folder of the native libraries: {@code OMNI_LLAMA_LIB}, else {@code native} in {@code OMNI_APP}.
     *
     * @param environment the process's environment
     * @throws LlamaException if neither is set
     */
    public static Path directory(Map<String, String> environment) {
        var own = environment.get("OMNI_LLAMA_LIB");
        if (own != null && !own.isBlank()) {
            return Path.of(own).toAbsolutePath();
        }
        var app = environment.get("OMNI_APP");
        if (app != null && !app.isBlank()) {
            return Path.of(app).toAbsolutePath().resolve("native");
        }
        throw new LlamaException(
                "nobody says where the native libraries are",
                "neither OMNI_LLAMA_LIB nor OMNI_APP is set",
                "Set OMNI_LLAMA_LIB to a folder with libllama, libggml and libggml-cpu.");
    }

    /**
     * Loads the libraries and the best backend of each kind that this machine can run; the second time returns what is
     * loaded.
     *
     * @param directory where they lie; files that a record of hashes accompanies are checked against it first
     * @throws LlamaException if they are damaged, missing, of another release, not for this machine, or if another
     *     folder's are loaded already
     */
    public static synchronized LlamaLibrary open(Path directory) {
        var real = directory.toAbsolutePath().normalize();
        var before = loaded;
        if (before != null) {
            if (!before.directory.equals(real)) {
                throw new LlamaException(
                        "another folder's libraries are loaded already",
                        before.directory.toString(),
                        "Use one folder a process.");
            }
            return before;
        }
        var files = NativeFiles.in(real);
        files.verify();
        var fixed = Malloc.fixThreshold();
        System.getLogger("omni.llama").log(System.Logger.Level.DEBUG, "big buffers are mappings: {0}", fixed);
        for (var stem : List.of("ggml-base", "ggml", "llama")) {
            load(files.library(stem));
        }
        var version = Llama.llama_version().getString(0);
        if (!version.startsWith(NativeFiles.RELEASE)) {
            throw new LlamaException(
                    "the native libraries are of another release",
                    "found " + version + ", made for " + NativeFiles.RELEASE,
                    "Use the libraries of llama.cpp v" + NativeFiles.RELEASE + ": every layout depends on it.");
        }
        var log = new LlamaLog(System.getLogger("omni.llama"));
        log.install();
        var library = new LlamaLibrary(real, log, loadBackends(files), hasVision(files));
        Llama.llama_backend_init();
        if (library.devices().isEmpty()) {
            throw new LlamaException(
                    "no backend runs on this machine",
                    real.toString(),
                    "The folder needs a libggml-cpu for this processor.");
        }
        loaded = library;
        return library;
    }

    // By absolute path into the class loader that looks the symbols up; java.library.path plays no part.
    private static void load(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            var message = String.valueOf(e.getMessage());
            var hint = message.contains("GLIBC_") || message.contains("GLIBCXX_")
                    ? "These libraries need glibc 2.34 (Debian 12, Ubuntu 22.04, Fedora 35 or newer)."
                    : "Give a folder with libraries for this operating system and processor in OMNI_LLAMA_LIB.";
            throw new LlamaException("a native library cannot be loaded", message, hint, e);
        }
    }

    private static List<String> loadBackends(NativeFiles files) {
        var loaded = new ArrayList<String>();
        try (var arena = Arena.ofConfined()) {
            for (var kind : BACKENDS) {
                Path best = null;
                var bestScore = 0;
                for (var file : files.backends(kind)) {
                    var score = score(file);
                    if (score > bestScore) {
                        bestScore = score;
                        best = file;
                    }
                }
                if (kind.equals("cpu") && best != null) {
                    // Thread pools are in it, and the raw layer looks for symbols among what is loaded so.
                    load(best);
                }
                if (best != null && (isRegistered(kind) || register(best, arena))) {
                    loaded.add(NativeFiles.variant(best));
                }
            }
        }
        return List.copyOf(loaded);
    }

    /** Whether ggml has it already: a build for one machine has its backends linked in. */
    private static boolean isRegistered(String kind) {
        for (var i = 0L; i < Llama.ggml_backend_dev_count(); i++) {
            if (backendOf(Llama.ggml_backend_dev_get(i)).equalsIgnoreCase(kind)) {
                return true;
            }
        }
        return false;
    }

    private static String backendOf(MemorySegment device) {
        return Llama.ggml_backend_reg_name(Llama.ggml_backend_dev_backend_reg(device))
                .getString(0);
    }

    private static boolean register(Path file, Arena arena) {
        return Llama.ggml_backend_load(arena.allocateFrom(file.toString())).address() != 0;
    }

    /** Whether libmtmd, which sees pictures, lies beside them and loads. The npm packages are without it. */
    private static boolean hasVision(NativeFiles files) {
        var file = files.find("mtmd");
        if (file.isEmpty()) {
            return false;
        }
        try {
            return SymbolLookup.libraryLookup(file.get(), Arena.global())
                    .find("mtmd_default_marker")
                    .isPresent();
        } catch (IllegalArgumentException e) {
            System.getLogger("omni.llama").log(System.Logger.Level.WARNING, "libmtmd does not load", e);
            return false;
        }
    }

    /** How well the backend in the file fits this machine; 0 where it cannot run at all. */
    private static int score(Path file) {
        try (var arena = Arena.ofConfined()) {
            var symbol = SymbolLookup.libraryLookup(file, arena).find("ggml_backend_score");
            if (symbol.isEmpty()) {
                // Built for one machine only: it has nothing to choose by.
                return 1;
            }
            var function =
                    Linker.nativeLinker().downcallHandle(symbol.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT));
            return MethodHandleProxies.asInterfaceInstance(IntSupplier.class, function)
                    .getAsInt();
        } catch (IllegalArgumentException e) {
            // Needs a driver that is not installed.
            System.getLogger("omni.llama").log(System.Logger.Level.DEBUG, "backend left out: {0}", file.getFileName());
            return 0;
        }
    }

    /** The release, such as {@code 0.5.0}. */
    public String version() {
        return Llama.llama_version().getString(0);
    }

    /** Where the libraries came from. */
    public Path directory() {
        return directory;
    }

    /** The backends loaded, the preferred one first, such as {@code cpu-haswell}. */
    public List<String> backends() {
        return backends;
    }

    /** Whether libmtmd, which sees pictures, is among the libraries. */
    public boolean vision() {
        return vision;
    }

    /**
     * The kinds of backend that lie in a folder, by the names of its files, the fastest first, such as {@code cuda}. Loads
     * nothing.
     *
     * @throws LlamaException if the folder is not there
     */
    public static List<String> kindsIn(Path directory) {
        var files = NativeFiles.in(directory);
        return BACKENDS.stream().filter(kind -> !files.backends(kind).isEmpty()).toList();
    }

    /** What computes, and how much memory it has now; never empty. */
    public List<Device> devices() {
        var devices = new ArrayList<Device>();
        try (var arena = Arena.ofConfined()) {
            for (var i = 0L; i < Llama.ggml_backend_dev_count(); i++) {
                var device = Llama.ggml_backend_dev_get(i);
                var props = ggml_backend_dev_props.allocate(arena);
                Llama.ggml_backend_dev_get_props(device, props);
                devices.add(new Device(
                        ggml_backend_dev_props.name(props).getString(0),
                        ggml_backend_dev_props.description(props).getString(0),
                        kind(ggml_backend_dev_props.type(props)),
                        backendOf(device),
                        ggml_backend_dev_props.memory_total(props),
                        ggml_backend_dev_props.memory_free(props)));
            }
        }
        return List.copyOf(devices);
    }

    private static Device.Kind kind(int code) {
        if (code == Llama.GGML_BACKEND_DEVICE_TYPE_GPU()) {
            return Device.Kind.GPU;
        }
        if (code == Llama.GGML_BACKEND_DEVICE_TYPE_IGPU()) {
            return Device.Kind.INTEGRATED_GPU;
        }
        if (code == Llama.GGML_BACKEND_DEVICE_TYPE_ACCEL()) {
            return Device.Kind.ACCELERATOR;
        }
        return code == Llama.GGML_BACKEND_DEVICE_TYPE_META() ? Device.Kind.META : Device.Kind.CPU;
    }

    /** What the code uses of this processor, in llama.cpp's words, such as {@code CPU : AVX2 = 1 | …}. */
    public String systemInfo() {
        return Llama.llama_print_system_info().getString(0);
    }

    /** More sequences than this a context cannot hold. */
    public int sequencesMax() {
        return Math.toIntExact(Llama.llama_max_parallel_sequences());
    }

    /** The library's newest error lines since the last call; empty when there was none. */
    String takeError() {
        return log.takeError();
    }
}
