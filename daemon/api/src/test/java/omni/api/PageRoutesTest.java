package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** The document and its page over HTTP; {@link PageBoxTest} opens it in a browser. */
final class PageRoutesTest extends FakeBox {
    private HttpRequest.Builder keyless(String path) {
        return HttpRequest.newBuilder(daemon.url.resolve(path));
    }

    @ParameterizedTest
    @CsvSource({
        "/openapi.json,application/json,100000",
        "/docs,text/html; charset=utf-8,300",
        "/docs/page.js,text/javascript; charset=utf-8,300",
        "/docs/swagger-ui-bundle.js,text/javascript; charset=utf-8,1000000",
        "/docs/swagger-ui.css,text/css; charset=utf-8,100000"
    })
    void needsNoKeyAndLoadsNothingFromElsewhere(String path, String type, int charactersMin) throws Exception {
        var response = daemon.send(keyless(path));

        assertEquals(200, response.statusCode());
        assertEquals(type, response.headers().firstValue("content-type").orElse(""));
        assertTrue(response.body().length() > charactersMin, response.body().length() + " characters");
        var policy = response.headers().firstValue("content-security-policy").orElse("");
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self';"), policy);
        assertTrue(!policy.contains("http") && !policy.contains("*") && !policy.contains("unsafe"), policy);

        var head = daemon.send(keyless(path).HEAD());
        assertEquals(200, head.statusCode());
        assertEquals(
                response.body().getBytes(StandardCharsets.UTF_8).length,
                head.headers().firstValueAsLong("content-length").orElse(0));
    }

    @Test
    void hasNoOtherParts() throws Exception {
        for (var path : new String[] {"/docs/LICENSE", "/docs/page.html", "/docs/x"}) {
            ErrorsTest.assertError(daemon.send(keyless(path)), 404, "unknown_url");
        }
        ErrorsTest.assertError(daemon.send(keyless("/docs").POST(BodyPublishers.noBody())), 405, "method_not_allowed");
        ErrorsTest.assertError(
                daemon.send(keyless("/docs").method("GET", BodyPublishers.ofString("x"))), 400, "invalid_value");
        for (var path : new String[] {"/docs/deeper/page.js", "/docs/..%2Fopenapi.json", "/v1/models"}) {
            ErrorsTest.assertError(daemon.send(keyless(path)), 401, "invalid_api_key");
        }
    }

    /** As every response is looked at that a test gets by {@link TestDaemon}. */
    @Test
    void aResponseThatTheDocumentDoesNotHaveIsFound() throws Exception {
        var health = daemon.send(keyless("/health"));
        var planted = OpenApiDocument.served();
        ((ObjectNode) planted.at("/paths/~1health/get/responses")).remove("200");

        assertEquals(List.of(), new OpenApiDocument().faults(health));
        assertEquals(List.of("GET /health 200: no such status"), new OpenApiDocument(planted).faults(health));
    }
}
