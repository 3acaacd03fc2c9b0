package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizerTest {
    @TempDir
    Path folder;

    private Path run(Quantizer quantizer, String name) {
        var out = folder.resolve(name + ".gguf");
        quantizer.run(Seed.LIBRARY, Seed.FILE, out);
        return out;
    }

    /** As important as one another: for each matrix as many ones as it has columns. */
    private static Map<String, float[]> imatrix() {
        var imatrix = new HashMap<String, float[]>();
        for (var layer = 0; layer < 6; layer++) {
            for (var name : new String[] {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_gate"}) {
                imatrix.put("blk." + layer + "." + name + ".weight", ones(256));
            }
            imatrix.put("blk." + layer + ".ffn_down.weight", ones(768));
        }
        return imatrix;
    }

    private static float[] ones(int count) {
        var numbers = new float[count];
        Arrays.fill(numbers, 1);
        return numbers;
    }

    @Test
    void makesASmallerModelThatStillAnswers() throws IOException {
        var eight = run(Quantizer.of(Quantizer.Type.Q8_0, 1), "q8");
        var four = run(Quantizer.of(Quantizer.Type.Q4_K_M, 1), "q4");
        assertTrue(Files.size(eight) < Files.size(Seed.FILE) * 0.6);
        assertTrue(Files.size(four) < Files.size(eight) * 0.8);
        try (var model = Model.load(Seed.LIBRARY, eight, ModelParams.defaults());
                var context = Context.create(model, ContextParams.generation(512, 1, 1))) {
            assertTrue(model.description().contains("Q8_0"), model.description());
            assertEquals("7 plus 5 is 12.", Seed.text(Seed.answer(context, "What is 7 plus 5?", 0, 20)));
        }
        try (var list = Files.list(folder)) {
            assertEquals(2, list.count(), "nothing else is left");
        }
    }

    @Test
    void theTypesOfSingleMatricesCanBeChosen() throws IOException {
        var plain = run(Quantizer.of(Quantizer.Type.Q4_K_M, 1), "plain");
        var chosen = run(
                new Quantizer(
                        Quantizer.Type.Q4_K_M,
                        1,
                        false,
                        true,
                        false,
                        Optional.empty(),
                        Optional.of(Quantizer.TensorType.F16),
                        Map.of("blk.*.ffn_down.weight", Quantizer.TensorType.Q8_0),
                        Map.of()),
                "chosen");
        assertTrue(Files.size(chosen) > Files.size(plain) + 1_000_000, "the embeddings alone are a megabyte more");
        Model.load(Seed.LIBRARY, chosen, ModelParams.defaults()).close();
    }

    @Test
    void anImportanceMatrixChangesTheChoiceAndVeryFewBitsNeedOne() throws IOException {
        assertThrows(LlamaException.class, () -> run(Quantizer.of(Quantizer.Type.IQ2_XXS, 1), "without"));
        assertFalse(Files.exists(folder.resolve("without.gguf")));
        var four = Quantizer.of(Quantizer.Type.Q4_0, 1);
        var uneven = imatrix();
        uneven.values().forEach(numbers -> numbers[7] = 1000);
        var even = run(four, "even");
        var weighed = run(four.withImatrix(uneven), "weighed");
        assertEquals(Files.size(even) / 4096, Files.size(weighed) / 4096);
        assertTrue(Files.mismatch(even, weighed) >= 0);
        Model.load(Seed.LIBRARY, weighed, ModelParams.defaults()).close();
        var wrong = imatrix();
        wrong.put("blk.0.ffn_up.weight", ones(255));
        assertThrows(LlamaException.class, () -> run(four.withImatrix(wrong), "wrong"), "a row of another length");
        try (var list = Files.list(folder)) {
            assertEquals(2, list.count(), "nothing half done is left");
        }
    }

    @Test
    void whatCannotBeIsRefused() throws IOException {
        var once = run(Quantizer.of(Quantizer.Type.Q8_0, 1), "once");
        var again = folder.resolve("again.gguf");
        var q4 = Quantizer.of(Quantizer.Type.Q4_0, 1);
        assertThrows(LlamaException.class, () -> q4.run(Seed.LIBRARY, once, again), "quantized already");
        assertThrows(LlamaException.class, () -> q4.run(Seed.LIBRARY, Seed.FILE, once), "there already");
        assertThrows(LlamaException.class, () -> q4.run(Seed.LIBRARY, folder.resolve("none"), again));
        var text = Files.writeString(folder.resolve("text"), "no model");
        assertThrows(LlamaException.class, () -> q4.run(Seed.LIBRARY, text, again));
        assertThrows(LlamaException.class, () -> Quantizer.of(Quantizer.Type.Q8_0, 0));
        assertThrows(LlamaException.class, () -> Quantizer.of(Quantizer.Type.Q8_0, ContextParams.THREADS_MAX + 1));
        for (var number : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThrows(LlamaException.class, () -> q4.withImatrix(Map.of("x", new float[] {number})));
        }
        assertThrows(LlamaException.class, () -> q4.withImatrix(Map.of("x", new float[0])));
        assertThrows(LlamaException.class, () -> q4.withImatrix(Map.of("x".repeat(129), new float[1])));
        for (var name : new String[] {"", "a(b)+", "a*b*c*d*", "a\u0000"}) {
            assertThrows(
                    LlamaException.class,
                    () -> new Quantizer(
                            Quantizer.Type.Q8_0,
                            1,
                            false,
                            true,
                            false,
                            Optional.empty(),
                            Optional.empty(),
                            Map.of(name, Quantizer.TensorType.F16),
                            Map.of()));
        }
    }
}
