package omni.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Embeddings of the seed model, over the bus. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbedTest {
    private EngineFixture engine;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        engine = new EngineFixture(folder);
    }

    @AfterAll
    void stop() {
        engine.close();
    }

    private List<double[]> embed(String... inputs) {
        return engine.client.embed(new EngineProtocol.EmbedParams(null, List.of(inputs), null)).embeddings().stream()
                .map(e -> e.vector().stream().mapToDouble(Double::doubleValue).toArray())
                .toList();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void vectorsHaveLengthOneAndTheModelsWidth() {
        for (double[] vector : embed("What is 7 plus 5?", "Tell me a story about a fox.")) {
            assertEquals(256, vector.length);
            assertEquals(1, dot(vector, vector), 1e-5);
        }
    }

    @Test
    void alikeTextsAreCloserThanUnlikeOnes() {
        List<double[]> v = embed("What is 7 plus 5?", "What is 8 plus 5?", "Tell me a story about a fox.");
        assertTrue(
                dot(v.get(0), v.get(1)) > dot(v.get(0), v.get(2)) + 0.05,
                dot(v.get(0), v.get(1)) + " against " + dot(v.get(0), v.get(2)));
    }

    @Test
    void aTextHasTheSameVectorAloneAndAmongOthers() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            texts.add("What is " + i + " plus " + (64 - i) + "? ".repeat(1 + i % 7));
        }
        List<double[]> together = embed(texts.toArray(String[]::new));
        for (int i = 0; i < 64; i += 9) {
            assertArrayEquals(embed(texts.get(i)).getFirst(), together.get(i), 2e-3);
        }
        assertTrue(dot(together.get(0), together.get(1)) < 0.9999, "different texts have different vectors");
    }

    @Test
    void countsTokens() {
        long tokens = engine.client
                .tokenize(new EngineProtocol.TokenizeParams(null, "What is 7 plus 5?", false, true))
                .tokens()
                .size();
        assertEquals(
                2 * tokens,
                engine.client
                        .embed(new EngineProtocol.EmbedParams(
                                null, List.of("What is 7 plus 5?", "What is 7 plus 5?"), null))
                        .promptTokens());
    }

    @Test
    void theLongestTextIsEmbeddedWhileTextIsWritten() throws Exception {
        CompletableFuture<String> text =
                CompletableFuture.supplyAsync(() -> engine.streamed(EngineFixture.ask("What is 7 plus 5?", 50L)));
        assertEquals(1, embed("1".repeat(2048)).size());
        assertEquals("7 plus 5 is 12.", text.get());
    }
}
