package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The printed line in a real shell with the real curl. */
class CurlBoxTest {
    @Test
    void theLineWorksAsItStands() throws IOException, InterruptedException {
        try (var product = new Product()) {
            var line = product.up().curl();
            var shell = product.prepare(new ProcessBuilder("/bin/sh", "-c", line))
                    .redirectErrorStream(true)
                    .start();
            var out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, shell.waitFor(), out);
            var answer = new Request.Answer(
                    200,
                    out.lines()
                            .filter(l -> l.startsWith("data: "))
                            .map(l -> l.substring(6))
                            .toList());
            assertTrue(answer.text().contains("12"), out);
        }
    }
}
