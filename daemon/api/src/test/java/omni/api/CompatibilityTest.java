package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import omni.vault.VaultProtocol.VaultState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps docs/compatibility.md true: each field in it is sent, with the value that compatibility.json gives it. What is supported
 * changes what the engine is asked or what is answered; what is ignored changes neither; what is refused is named.
 */
final class CompatibilityTest extends FakeBox {
    private static final Pattern SECTION = Pattern.compile("### (?:`(.+)`|(.+))");
    private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| (supported|ignored|refused) \\|(.*)\\|");
    private static final Pattern CHANGING = Pattern.compile(
            "\"(?:created_at|id|item_id|request_id)\":\"[^\"]*\"|\"(?:\\w+_duration|created|\\w+_at)\":\\d+");

    private FakeVault vault;

    /** With an open vault, which is asked to keep what is to be kept. */
    @BeforeAll
    @Override
    void start(@TempDir Path home) throws IOException {
        vault = new FakeVault(home, VaultState.OPEN);
        super.start(home);
    }

    @AfterAll
    @Override
    void stop() {
        super.stop();
        vault.close();
    }

    /** The page: section to field to verdict. */
    static Map<String, Map<String, String>> page() {
        var page = new LinkedHashMap<String, Map<String, String>>();
        var fields = new TreeMap<String, String>();
        try (var lines = Files.lines(Path.of(System.getProperty("omni.root"), "docs", "compatibility.md"))) {
            for (var line : lines.toList()) {
                var section = SECTION.matcher(line);
                var row = ROW.matcher(line);
                if (section.matches()) {
                    fields = new TreeMap<>();
                    page.put(section.group(1) == null ? section.group(2) : section.group(1), fields);
                } else if (row.matches()) {
                    assertTrue(
                            row.group(2).equals("supported")
                                    || row.group(3).strip().length() > 3,
                            "no reason: " + line);
                    fields.put(row.group(1), row.group(2));
                } else {
                    assertTrue(!line.startsWith("| `"), "not a row as the others are: " + line);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return page;
    }

    static JsonNode samples() {
        try (var in = CompatibilityTest.class.getResourceAsStream("compatibility.json")) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Fails where a field that a client can send, by its own types, is not in the page. */
    static void assertListed(JsonNode fieldsBySection) {
        var page = page();
        var missing = new ArrayList<String>();
        fieldsBySection
                .properties()
                .forEach(section -> section.getValue().values().forEach(field -> {
                    if (!page.getOrDefault(section.getKey(), Map.of()).containsKey(field.asString())) {
                        missing.add(section.getKey() + " " + field.asString());
                    }
                }));
        assertEquals(List.of(), missing);
        assertTrue(fieldsBySection.size() > 0);
    }

    /** What OpenAI's own library can send, but streams, which it asks for by another call. */
    @Test
    void everyFieldOfOpenAisLibraryIsInThePage() {
        var sections = JsonNodeFactory.instance.objectNode();
        Map.of(
                        "POST /v1/chat/completions", ChatCompletionCreateParams.Body.class,
                        "POST /v1/completions", CompletionCreateParams.Body.class,
                        "POST /v1/responses", ResponseCreateParams.Body.class,
                        "POST /v1/embeddings", EmbeddingCreateParams.Body.class)
                .forEach((section, body) -> {
                    var fields = sections.putArray(section);
                    Stream.of(body.getDeclaredMethods())
                            .map(method -> method.getAnnotation(JsonProperty.class))
                            .filter(Objects::nonNull)
                            .forEach(field -> fields.add(field.value()));
                    assertTrue(fields.size() > 4, section);
                });
        assertListed(sections);
    }

    @Test
    void everyFieldOfThePageHasASample() {
        var page = page();
        var samples = samples();
        assertEquals(page.keySet(), new LinkedHashMap<>(names(samples)).keySet());
        page.forEach((section, fields) -> assertEquals(
                fields.keySet(),
                new TreeSet<>(names(samples.get(section).get("fields")).keySet()),
                section));
    }

    private static Map<String, JsonNode> names(JsonNode object) {
        var names = new LinkedHashMap<String, JsonNode>();
        object.properties().forEach(property -> names.put(property.getKey(), property.getValue()));
        return names;
    }

    static Stream<Arguments> fields() {
        return page().entrySet().stream()
                .flatMap(section -> section.getValue().entrySet().stream()
                        .map(field -> Arguments.of(section.getKey(), field.getKey(), field.getValue())));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void aFieldIsTreatedAsThePageSays(String section, String field, String verdict) throws Exception {
        var sample = samples().get(section);
        var beside = sample.at("/beside/" + field);
        var without = body(sample, beside, null, field);
        var with = body(sample, beside, sample.get("fields").get(field), field);

        var before = outcome(sample, without);
        var after = outcome(sample, with);
        switch (verdict) {
            case "supported" -> assertNotEquals(before, after, "it has no effect");
            case "ignored" -> assertEquals(before, after, "it has an effect");
            default -> {
                assertTrue(after.startsWith("400"), after);
                assertTrue(after.contains(field), after);
            }
        }
    }

    /** The body of a request with the field, or without it. */
    private static JsonNode body(JsonNode sample, JsonNode beside, @Nullable JsonNode value, String field) {
        var body = (ObjectNode) sample.get("base").deepCopy();
        var place = (ObjectNode) body.at(sample.path("at").asString(""));
        if (beside instanceof ObjectNode more) {
            place.setAll(more);
        }
        if (value != null) {
            place.set(field, value);
        }
        return body;
    }

    private String outcome(JsonNode sample, JsonNode body) throws IOException, InterruptedException {
        engine.asked.clear();
        engine.embedded.clear();
        engine.removed.clear();
        var response = daemon.send(daemon.request(sample.get("path").asString())
                .header("Content-Type", "application/json")
                .method(sample.path("method").asString("POST"), BodyPublishers.ofString(body.toString())));
        return response.statusCode() + " " + told(response) + " " + engine.asked + engine.embedded + engine.removed;
    }

    private static String told(HttpResponse<String> response) {
        return CHANGING.matcher(response.body()).replaceAll("");
    }
}
