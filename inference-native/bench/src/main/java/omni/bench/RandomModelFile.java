package omni.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import omni.gguf.RandomModel;
import omni.gguf.RandomModel.Family;
import omni.gguf.RandomModel.Shape;
import omni.gguf.TensorType;
import omni.llama.LlamaLibrary;
import omni.llama.Quantizer;

/**
 * Writes the model that decoding is measured with: of the shape of Qwen2 0.5B (24 layers, 896 wide, 14 heads of 64 and 2 of
 * keys and values, feed-forward 4,864, 151,936 tokens, the embedding used for the output too), weights drawn at random,
 * stored in the mixture Q4_K_M. Source of the shape: the model's config.json as published.
 */
final class RandomModelFile {
    private static final long SEED = 1;

    private RandomModelFile() {}

    /** {@code RandomModelFile NATIVES FILE}: the file appears whole or not at all. */
    public static void main(String[] args) throws IOException {
        var file = Path.of(args[1]);
        var shape = new Shape(
                Family.QWEN2, 24, 896, 14, 2, 64, 4864, 0, 0, 151_936, 32_768, true, TensorType.F16, TensorType.F16);
        var work = Files.createTempDirectory(file.toAbsolutePath().getParent(), "random-");
        var plain = work.resolve("f16.gguf");
        var small = work.resolve("q4.gguf");
        try {
            System.out.println("Drawing the weights (once)");
            RandomModel.write(plain, shape, SEED);
            System.out.println("Quantizing them");
            Quantizer.of(Quantizer.Type.Q4_K_M, Runtime.getRuntime().availableProcessors())
                    .run(LlamaLibrary.open(Path.of(args[0])), plain, small);
            Files.move(small, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(plain);
            Files.deleteIfExists(small);
            Files.delete(work);
        }
    }
}
