package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The OpenAPI document and the routes are the same. That responses are as it says is looked at by {@link TestDaemon}, for every response
 * that a test of this module gets by it, and by {@link OpenApiBoxTest}.
 */
final class OpenApiTest {
    private static final int ANTHROPIC_OVERLOADED = 529;

    /** What {@link ErrorCode#INVALID_HTTP} has in the place of 400 where the address is too long. */
    private static final int URI_TOO_LONG = 414;

    /** What the table has with chats alone, docs/api.md gives to these, too: how tokens are chosen. */
    private static final Set<String> SAMPLED = Set.of("/v1/completions", "/v1/responses");

    private final OpenApiDocument document = new OpenApiDocument();

    /** What one of them has and the other has not. */
    private static List<String> differences(OpenApiDocument document) {
        var served = new TreeSet<String>();
        for (var route : ErrorsTest.routes().all()) {
            served.add(route.method() + " " + route.pattern().replace("…}", "}") + (route.open() ? " open" : ""));
        }
        var described = document.operations();
        var differences = new ArrayList<String>();
        served.stream().filter(one -> !described.contains(one)).forEach(one -> differences.add(one + ": only served"));
        described.stream()
                .filter(one -> !served.contains(one))
                .forEach(one -> differences.add(one + ": only described"));
        return differences;
    }

    @Test
    void everyRouteIsDescribedAndNoOther() {
        assertEquals(List.of(), differences(document));
        assertTrue(document.operations().size() > 50);
    }

    @Test
    void aRouteThatIsMissingOrTooManyOrOpenIsFound() {
        var planted = OpenApiDocument.served();
        var paths = (ObjectNode) planted.get("paths");
        paths.remove("/metrics");
        paths.putObject("/planted").putObject("get").putObject("responses");
        ((ObjectNode) paths.at("/~1v1~1vault/get")).putArray("security");
        assertEquals(
                List.of(
                        "GET /metrics: only served",
                        "GET /v1/vault: only served",
                        "GET /planted: only described",
                        "GET /v1/vault open: only described"),
                differences(new OpenApiDocument(planted)));
    }

    @Test
    void aResponseThatIsNotAsDescribedIsFound() {
        var json = "application/json";
        assertEquals(List.of(), document.faults("GET", "/health", 200, json, "{\"status\":\"ok\"}"));
        for (var faults : List.of(
                document.faults("GET", "/health", 418, json, "{\"status\":\"ok\"}"),
                document.faults("GET", "/health", 200, "text/plain", "ok"),
                document.faults("GET", "/health", 200, json, "{\"status\":\"degraded\"}"),
                document.faults("GET", "/health", 200, json, "{"),
                document.faults("GET", "/v1/models/a/b", 404, json, "{\"error\":\"a text, as with Ollama\"}"),
                document.faults("POST", "/v1/chat/completions", 200, "text/event-stream", "data: {\"id\":1}\n\n"),
                document.faults("POST", "/api/chat", 200, "application/x-ndjson", "{\"done\":true}\n"))) {
            assertEquals(
                    1,
                    faults.stream()
                            .map(fault -> fault.substring(0, fault.indexOf(':')))
                            .distinct()
                            .count(),
                    faults.toString());
        }
    }

    /** By compatibility.json, whose fields docs/compatibility.md has with a verdict, and {@link CompatibilityTest} sends. */
    @Test
    void bodiesHaveTheFieldsThatAreSupportedAndNoOther() {
        var supported = new TreeMap<String, SortedSet<String>>();
        var described = new TreeMap<String, SortedSet<String>>();
        var sampling =
                document.properties(JsonNodeFactory.instance.objectNode().put("$ref", "#/components/schemas/Sampling"));
        CompatibilityTest.page().forEach((section, verdicts) -> {
            var sample = CompatibilityTest.samples().get(section);
            var path = sample.get("path").asString();
            var place = sample.path("at").asString("");
            var fields = supported.computeIfAbsent(path + place, _ -> new TreeSet<>());
            verdicts.forEach((field, verdict) -> {
                if (verdict.equals("supported")) {
                    fields.add(field);
                }
            });
            if (SAMPLED.contains(path + place)) {
                fields.addAll(sampling);
            }
            described.put(path + place, document.properties(at(body(sample), place)));
        });
        assertEquals(supported, described);
        assertTrue(supported.size() > 10);
    }

    private JsonNode body(JsonNode sample) {
        return document.body(
                sample.path("method").asString("POST"), sample.get("path").asString());
    }

    private JsonNode at(JsonNode schema, String place) {
        if (place.isEmpty()) {
            return schema;
        }
        var parts = place.substring(1).split("/", -1);
        var found = document.property(schema, parts[0]).orElseThrow();
        return parts.length == 1 ? found : found.get("items");
    }

    @Test
    void bodiesThatAreTakenAreAsDescribed() {
        var count = 0;
        for (var section : CompatibilityTest.page().entrySet()) {
            var sample = CompatibilityTest.samples().get(section.getKey());
            for (var field : section.getValue().entrySet()) {
                if (field.getValue().equals("supported")) {
                    var body = (ObjectNode) sample.get("base").deepCopy();
                    var place = (ObjectNode) body.at(sample.path("at").asString(""));
                    if (sample.at("/beside/" + field.getKey()) instanceof ObjectNode more) {
                        place.setAll(more);
                    }
                    place.set(field.getKey(), sample.get("fields").get(field.getKey()));
                    assertEquals(List.of(), document.faults(body(sample), body), body.toString());
                    count++;
                }
            }
        }
        assertTrue(count > 100);
        var cold = JsonNodeFactory.instance.objectNode().put("prompt", "hi").put("temperature", -1);
        assertEquals(
                1,
                document.faults(document.body("POST", "/v1/completions"), cold).size());
    }

    /** Every status that there is stands somewhere, and no other one does. */
    @Test
    void statusesAreThoseOfTheErrors() {
        var described = new TreeSet<Integer>();
        for (var path : OpenApiDocument.served().get("paths")) {
            path.forEach(operation -> operation.get("responses").propertyNames().stream()
                    .map(Integer::valueOf)
                    .filter(status -> status >= 400)
                    .forEach(described::add));
        }
        var there = new TreeSet<Integer>(
                Stream.of(ErrorCode.values()).map(ErrorCode::status).toList());
        there.remove(ErrorCode.METHOD_NOT_ALLOWED.status()); // of no operation
        there.add(ANTHROPIC_OVERLOADED);
        there.add(URI_TOO_LONG);
        assertEquals(there, described);
    }
}
