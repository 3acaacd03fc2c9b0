package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The whole way of a model from a hub to an answer: command, supervisor, the role that fetches, engine. */
class PullTest {
    private static void configure(Product product, FakeHub hub) throws IOException {
        product.configure("""
            [daemon]
            port = 0
            pull_models = true
            [fetch]
            hugging_face = "%s"
            part_mebibytes = 1
            disk_reserve_mebibytes = 0
            idle = "2s"
            """.formatted(hub.url()));
    }

    @Test
    void aModelComesFromAHubAndAnswers() throws Exception {
        try (var product = new Product();
                var hub = new FakeHub()) {
            configure(product, hub);
            var api = new Client(Request.of(product.up().curl()));
            assertEquals(0, Product.pid(product.status(), "fetch"), "it runs before anybody wants it");
            pulledAndDeletedOverTheApi(api);
            var done = product.omni("models", "pull", "acme/other", "--name", "other", "--use", "--json");
            assertEquals(0, done.exit(), done.err());
            var last = Product.json(done.out().lines().toList().getLast());
            assertEquals("other", last.path("name").asString());
            assertEquals(hub.sha256(), last.path("id").asString());
            assertTrue(product.omni("models").out().contains("* other"));
            assertTrue(product.omni("chat", "What is 7 plus 5?").out().contains("12"));
            assertEquals(List.of(), pulls(product));
            Await.until("fetch ends by itself", () -> state(product, "fetch").equals("idle"));
            assertEquals("ready", product.status().path("state").asString());
        }
    }

    /** As Ollama's clients do it. */
    private static void pulledAndDeletedOverTheApi(Client api) throws Exception {
        var asked = "{\"model\":\"hf.co/acme/other:F16\"}";
        var pulled = api.send("POST", "/api/pull", asked).body();
        assertTrue(pulled.endsWith("{\"status\":\"success\"}\n"), pulled);
        assertTrue(api.send("GET", "/api/tags", "").body().contains("hf.co-acme-other:F16"));
        assertEquals(200, api.send("DELETE", "/api/delete", asked).statusCode());
        assertFalse(api.send("GET", "/api/tags", "").body().contains("other"));
    }

    @Test
    void aKilledPullIsNoModelAndGoesOn() throws Exception {
        try (var product = new Product()) {
            long before;
            try (var hub = new FakeHub()) {
                configure(product, hub);
                product.up();
                before = stopped(product, hub, "KILL");
                assertFalse(product.omni("models").out().contains("other"));
            }
            goesOn(product, before);
        }
    }

    @Test
    void ctrlCKeepsWhatHasComeAndSaysHowToGoOn() throws Exception {
        try (var product = new Product()) {
            long before;
            try (var hub = new FakeHub()) {
                configure(product, hub);
                product.up();
                before = stopped(product, hub, "INT");
            }
            goesOn(product, before);
        }
    }

    /** Starts a pull that stalls, kills the role that fetches or interrupts the command; returns the bytes here. */
    private static long stopped(Product product, FakeHub hub, String signal) throws Exception {
        hub.stallAfter(5 << 20);
        var err = Files.createTempFile(product.home, "err", "");
        var process = product.prepare(
                        new ProcessBuilder(Product.TREE.resolve("bin/omni").toString(), "models", "pull", "acme/other"))
                .redirectError(err.toFile())
                .start();
        Await.until("the pull is under way", () -> hub.served.get() > 5 << 20);
        long pid = signal.equals("KILL") ? Product.pid(product.status(), "fetch") : process.pid();
        new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        var told = Files.readString(err, StandardCharsets.UTF_8);
        assertEquals(signal.equals("KILL") ? 6 : 130, process.exitValue(), told);
        if (signal.equals("INT")) {
            assertTrue(told.contains("Go on with: omni models pull acme/other"), told);
        }
        var pulls = pulls(product);
        assertEquals(1, pulls.size());
        assertFalse(pulls.getFirst().path("whole").asBoolean());
        long bytes = pulls.getFirst().path("bytes").asLong();
        assertTrue(bytes > 3 << 20, () -> "here: " + bytes);
        return bytes;
    }

    /** The same command again, at a hub that serves all, brings only the rest. */
    private static void goesOn(Product product, long before) throws Exception {
        assertEquals(0, product.omni("down").exit());
        try (var hub = new FakeHub()) {
            configure(product, hub);
            product.up();
            var done = product.omni("models", "pull", "acme/other");
            assertEquals(0, done.exit(), done.err());
            assertTrue(hub.served.get() <= hub.content.length - before, () -> "served again: " + hub.served);
            assertEquals(List.of(), pulls(product));
        }
    }

    private static List<JsonNode> pulls(Product product) throws Exception {
        var done = product.omni("models", "pulls", "--json");
        assertEquals(0, done.exit(), done.err());
        return List.copyOf(Product.json(done.out()).path("pulls").values());
    }

    private static String state(Product product, String role) {
        try {
            for (var one : product.status().path("roles")) {
                if (one.path("name").asString("").equals(role)) {
                    return one.path("state").asString("");
                }
            }
            return "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
