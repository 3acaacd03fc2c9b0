package omni.engine;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import omni.gguf.GgufTensor;
import omni.gguf.TensorType;

/**
 * Which weights the CPU's code keeps a second time, in the order that its instructions like best. Sources:
 * {@code ggml/src/ggml-cpu/repack.cpp} and {@code amx/} of llama.cpp v0.5.0. Of arm64 the types for NEON with the
 * integer-product extensions are taken.
 */
enum WeightCopies {
    /** None: nothing is known of this CPU, or it has nothing of the kind. */
    NONE,
    /** x86-64 with AVX2. */
    AVX2,
    /** x86-64 with the matrix extensions. */
    AMX,
    /** arm64. */
    NEON;

    private static final Set<TensorType> AVX2_TYPES = Set.of(TensorType.Q4_0, TensorType.Q4_K, TensorType.IQ4_NL);
    private static final Set<TensorType> NEON_TYPES = Set.of(
            TensorType.Q4_0, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.IQ4_NL, TensorType.Q8_0);

    /** Returns what holds for the CPU below a root: {@code /} but in tests. */
    static WeightCopies of(Path root) {
        String flags = "";
        try {
            flags = Files.readAllLines(root.resolve("proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            System.getLogger(WeightCopies.class.getName()).log(Level.DEBUG, "No /proc/cpuinfo here.", e);
        }
        String words = " " + flags.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ") + " ";
        if (words.contains(" amx_int8 ") && words.contains(" avx512_vnni ")) {
            return AMX;
        }
        if (words.contains(" avx2 ")) {
            return AVX2;
        }
        return words.contains(" asimddp ") || System.getProperty("os.arch").equals("aarch64") ? NEON : NONE;
    }

    /** Returns the bytes of a tensor's second copy. */
    long bytes(GgufTensor tensor) {
        int dimensions =
                (int) tensor.shape().stream().filter(length -> length > 1).count();
        if (dimensions < 2) {
            return 0;
        }
        long rows = tensor.shape().get(1);
        return switch (this) {
            case NONE -> 0;
            case AVX2 -> rows % 8 == 0 && AVX2_TYPES.contains(tensor.type()) ? tensor.bytes() : 0;
            case NEON -> rows % 8 == 0 && NEON_TYPES.contains(tensor.type()) ? tensor.bytes() : 0;
            case AMX -> {
                long copy = dimensions == 2 && rows % 32 == 0 ? amx(tensor) : 0;
                yield copy > 0 ? copy : AVX2.bytes(tensor);
            }
        };
    }

    /** Blocks grow by a sum of products, or by unpacked scales. */
    private static long amx(GgufTensor tensor) {
        long blocks = tensor.elements() / tensor.type().blockElements();
        return switch (tensor.type()) {
            case F16, Q4_0, Q4_1, Q6_K -> tensor.bytes();
            case Q8_0, Q4_K, Q5_K -> tensor.bytes() + 4 * blocks;
            case IQ4_XS -> tensor.bytes() + 2 * blocks;
            default -> 0;
        };
    }
}
