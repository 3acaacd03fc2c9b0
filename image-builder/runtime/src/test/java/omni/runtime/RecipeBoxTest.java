package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Native libraries that the recipe builds from the release's source, in the whole product. */
class RecipeBoxTest {
    private static final Path RECIPE = Path.of(System.getProperty("omni.root"), "inference-native/recipe/build");
    private static final String NAME = "source-cpu";

    @TempDir
    static Path built;

    private static String recipe(int exit, String... options) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(RECIPE.toString()));
        line.addAll(List.of(options));
        var process = new ProcessBuilder(line).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(exit, process.waitFor(), out);
        return out;
    }

    /** Minutes, where the cache has nothing of it. */
    @BeforeAll
    static void build() throws IOException, InterruptedException {
        recipe(0, "--home", built.toString());
    }

    private static Path give(Product product) throws IOException {
        var folder = Files.createDirectories(product.home.resolve("natives").resolve(NAME));
        try (var files = Files.list(built.resolve("natives").resolve(NAME))) {
            for (var file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        return folder;
    }

    /** Asks, and returns what the status then says of the native libraries. */
    private static JsonNode answered(Product product) throws IOException, InterruptedException {
        var answer = product.omni("chat", "--temperature", "0", "What is 7 plus 5?");
        assertTrue(answer.out().contains("12"), answer.out() + answer.err());
        return product.status().at("/engine/library");
    }

    @Test
    void whatItBuildsIsTakenAndAnswers() throws Exception {
        try (var product = new Product()) {
            var folder = give(product);
            product.up();
            var library = answered(product);
            assertEquals(NAME, library.path("natives").asString(), library.toString());
            assertEquals("llama.cpp v0.5.0", library.path("version").asString());
            assertTrue(library.path("vision").asBoolean(), "libmtmd is there and loads");
            assertTrue(product.omni("status").out().contains("vision: these libraries have it"));
            var code = Files.readString(folder.resolve("libggml-cpu.so.0"), StandardCharsets.ISO_8859_1);
            assertTrue(code.contains("libgomp.so"), "it is built with OpenMP");
        }
    }

    @Test
    void damagedItIsPassedOver() throws Exception {
        try (var product = new Product()) {
            var llama = give(product).resolve("libllama.so.0");
            Files.write(llama, new byte[1], StandardOpenOption.APPEND);
            product.up();
            var library = answered(product);
            assertEquals("cpu", library.path("natives").asString(), library.toString());
            assertTrue(library.path("passedOver").toString().contains(NAME), library.toString());
            assertEquals(false, library.path("vision").asBoolean(), "the package is without it");
        }
    }

    @Test
    void namedItIsRefusedAndNotReplaced() throws Exception {
        try (var product = new Product()) {
            product.configure("[daemon]\nport = 0\n[engine]\nnatives = \"" + NAME + "\"\n");
            product.up();
            var refused = product.omni("chat", "What is 7 plus 5?");
            assertTrue(
                    refused.err().contains("natives \"" + NAME + "\" that omni.toml names are not here"),
                    refused.err());
        }
    }

    @Test
    void otherDevicesAreConfiguredAsAsked() throws Exception {
        var jetson = recipe(0, "--cuda", "--cuda-arch", "87", "--dry-run");
        assertTrue(jetson.contains("-DGGML_CUDA=ON"), jetson);
        assertTrue(jetson.contains("-DCMAKE_CUDA_ARCHITECTURES=87"), jetson);
        assertTrue(recipe(0, "--no-vision", "--no-openmp", "--dry-run").contains("-DGGML_OPENMP=OFF"));
    }

    @Test
    void wrongOptionsAreRefusedInOneSentence() throws Exception {
        for (var wrong : List.of(
                List.of("--fast"),
                List.of("--name", "../up"),
                List.of("--name", "cpu"),
                List.of("--name", "n".repeat(65)),
                List.of("--name"),
                List.of("--jobs", "0"),
                List.of("--cuda", "--vulkan"),
                List.of("--cuda-arch", "87"),
                List.of("--cuda", "--cuda-arch", "8.7;rm"))) {
            var out = recipe(2, wrong.toArray(String[]::new));
            assertEquals(1, out.lines().count(), out);
            assertTrue(out.startsWith("recipe: "), out);
        }
        assertTrue(recipe(0, "--name", "n".repeat(64), "--dry-run").contains("n".repeat(64)));
    }
}
