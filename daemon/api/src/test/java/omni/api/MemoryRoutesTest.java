package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /v1/memory}: kept, changed, found, deleted, and refused where it is malformed. */
final class MemoryRoutesTest {
    private static final String ALL = "/v1/memory";
    private static final String OWL = "{\"name\":\"bird\",\"text\":\"an owl\"}";

    @TempDir
    private Path home;

    private FakeVault vault;
    private TestDaemon daemon;

    @BeforeEach
    void start() throws IOException {
        vault = new FakeVault(home, VaultState.OPEN);
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @AfterEach
    void stop() {
        daemon.close();
        vault.close();
    }

    @Test
    void isKeptChangedAndDeleted() throws Exception {
        var kept = "{\"id\":\"mem_1\",\"object\":\"memory\",\"name\":\"bird\",\"text\":\"an owl\","
                + "\"created_at\":1700000000,\"updated_at\":1700000000}";
        assertEquals(kept, daemon.post(ALL, OWL).body());
        assertEquals(kept, daemon.get(ALL + "/mem_1").body());
        var changed =
                kept.replace("an owl", "a wren").replace("\"updated_at\":1700000000", "\"updated_at\":1700000001");
        assertEquals(
                changed,
                daemon.post(ALL + "/mem_1", OWL.replace("an owl", "a wren")).body());
        assertEquals(
                "{\"id\":\"mem_1\",\"object\":\"memory.deleted\",\"deleted\":true}",
                daemon.send(daemon.request(ALL + "/mem_1").DELETE()).body());
        ErrorsTest.assertError(daemon.get(ALL + "/mem_1"), 404, "not_found");
    }

    @Test
    void isListedInPartsAndFound() throws Exception {
        daemon.post(ALL, OWL);
        daemon.post(ALL, OWL.replace("an owl", "a wren"));

        var first = TestDaemon.json(daemon.get(ALL + "?limit=1"));
        assertEquals("mem_2", first.get("last_id").asString());
        assertEquals(true, first.get("has_more").asBoolean());
        var rest = TestDaemon.json(daemon.get(ALL + "?limit=1&after=mem_2"));
        assertEquals("mem_1", rest.get("last_id").asString());
        assertEquals(false, rest.get("has_more").asBoolean());
        assertEquals(
                "{\"object\":\"list\",\"data\":[{\"id\":\"mem_1\",\"object\":\"memory.hit\",\"snippet\":\"owl\"}],"
                        + "\"first_id\":\"mem_1\",\"last_id\":\"mem_1\",\"has_more\":false}",
                daemon.get(ALL + "?q=owl").body());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "{\"text\":\"a\"}|name|missing_required_parameter",
                "{\"name\":\"a\"}|text|missing_required_parameter",
                "{\"name\":1,\"text\":\"a\"}|name|invalid_type",
                "{\"name\":\"a\",\"text\":[]}|text|invalid_type"
            })
    void bothPartsAreNeeded(String body, String param, String code) throws Exception {
        daemon.post(ALL, OWL);

        for (var path : new String[] {ALL, ALL + "/mem_1"}) {
            var response = daemon.post(path, body);
            ErrorsTest.assertError(response, 400, code);
            assertEquals(param, TestDaemon.error(response).get("param").asString());
        }
    }

    @Test
    void itsNameAndTextAreBounded() throws Exception {
        daemon.post(ALL, OWL);
        for (var path : new String[] {ALL, ALL + "/mem_1"}) {
            assertEquals(
                    200,
                    daemon.post(path, memory("🦉".repeat(200), "ü".repeat(32 << 10)))
                            .statusCode());
            assertRefused("name", daemon.post(path, memory("🦉".repeat(201), "a")));
            assertRefused("name", daemon.post(path, memory("", "a")));
            assertRefused("name", daemon.post(path, memory("a\\nb", "a")));
            assertRefused("text", daemon.post(path, memory("a", "ü".repeat(32 << 10) + "x")));
            assertRefused("text", daemon.post(path, memory("a", "\\u0000")));
        }
    }

    private static String memory(String name, String text) {
        return "{\"name\":\"" + name + "\",\"text\":\"" + text + "\"}";
    }

    @Test
    void whatTheVaultRefusesIsSaidOfTheParameterAtFault() throws Exception {
        daemon.post(ALL, OWL);
        assertRefused("q", daemon.get(ALL + "?q=fail:INVALID"));
        var behind = daemon.get(ALL + "?after=mem_9");
        ErrorsTest.assertError(behind, 404, "not_found");
        assertEquals("after", TestDaemon.error(behind).get("param").asString());
    }

    private static void assertRefused(String param, HttpResponse<String> response) {
        ErrorsTest.assertError(response, 400, "invalid_value");
        assertEquals(param, TestDaemon.error(response).get("param").asString());
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/memory?limit=101,invalid_value",
        "GET,/v1/memory?order=asc,unsupported_parameter",
        "POST,/v1/memory?x,unsupported_parameter",
        "GET,/v1/memory/mem_1?x,unsupported_parameter",
        "POST,/v1/memory/mem_1?x,unsupported_parameter",
        "DELETE,/v1/memory/mem_1?x,unsupported_parameter"
    })
    void parametersAreBounded(String method, String path, String code) throws Exception {
        ErrorsTest.assertError(daemon.send(daemon.request(path).method(method, BodyPublishers.noBody())), 400, code);
        assertEquals(0, vault.asked.get());
    }
}
