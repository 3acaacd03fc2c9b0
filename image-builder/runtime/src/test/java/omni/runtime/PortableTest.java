package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The product with java-llama.cpp in place of the native libraries. */
class PortableTest {
    @Test
    void answersAndLeavesNoProcessBehind() throws Exception {
        try (var product = new Product()) {
            product.configure("[daemon]\nport = 0\n[engine]\nbinding = \"portable\"\n");
            product.up();
            assertEquals("7 plus 5 is 12.\n", chat(product));
            var library = product.status().at("/engine/library");
            assertEquals("portable", library.path("natives").asString(), library.toString());
            assertTrue(library.path("version").asString().startsWith("java-llama.cpp "), library.toString());

            var first = processes(product);
            assertEquals(1, first.size());
            ProcessHandle.of(Product.pid(product.status(), "engine"))
                    .orElseThrow()
                    .destroyForcibly();
            Await.until(
                    "the model's process ends with the engine",
                    () -> !first.getFirst().isAlive());

            Await.until("the engine is back", () -> answers(product));
            var second = processes(product);
            assertEquals(0, product.omni("down").exit());
            Await.until("it ends with the tree", () -> second.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    private static boolean answers(Product product) {
        try {
            return chat(product).equals("7 plus 5 is 12.\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String chat(Product product) throws IOException, InterruptedException {
        return product.omni("chat", "--temperature", "0", "What is 7 plus 5?").out();
    }

    private static List<ProcessHandle> processes(Product product) {
        return ProcessHandle.allProcesses()
                .filter(process -> {
                    var line = process.info().commandLine().orElse("");
                    return line.contains("omni.portable.Main") && line.contains(product.run.toString());
                })
                .toList();
    }
}
