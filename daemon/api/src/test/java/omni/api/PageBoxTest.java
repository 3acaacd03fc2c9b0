package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The page of the API in a browser, Debian's Chromium, driven by npm's {@code playwright-core}. */
final class PageBoxTest {
    @Test
    void thePageTriesARouteWithAKeyAndAsksNobodyElse(@TempDir Path home) throws Exception {
        try (var _ = new FakeEngine(home.resolve("engine.sock")).onlyQuick();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            var address = daemon.url.resolve("/").toString();
            var seen = ClientPrograms.node("browser.mjs", address, TestDaemon.KEY);

            assertEquals(
                    new OpenApiDocument().operations().size(),
                    seen.get("operations").asInt(),
                    seen.toString());
            assertTrue(seen.get("keyless").asString().contains("invalid_api_key"), seen.toString());
            assertTrue(seen.get("models").asString().contains("\"three\""), seen.toString());
            assertEquals(0, seen.get("kept").asInt(), "the key is kept in nothing that outlives the page");
            assertEquals("[]", seen.get("violations").toString());
            assertEquals(List.of(), elsewhere(seen, address));
            assertTrue(seen.get("requested").size() >= 7, seen.toString());

            assertEquals("kept", seen.at("/leak/policy").asString(), seen.toString());
            assertEquals(0, seen.at("/leak/cameThen").asInt());
            assertEquals("sent", seen.at("/leak/noPolicy").asString(), "without the policy it is sent");
            assertEquals(1, seen.at("/leak/came").asInt());
            assertTrue(seen.at("/leak/seen").asBoolean(), "and who looks sees it");
        }
    }

    private static List<String> elsewhere(JsonNode seen, String address) {
        return seen.get("requested").values().stream()
                .map(JsonNode::asString)
                .filter(url -> !url.startsWith(address) && !url.startsWith("data:"))
                .toList();
    }
}
