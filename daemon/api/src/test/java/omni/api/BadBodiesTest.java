package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Bodies that are nearly right: a good one of each route, changed at random places and bytes. Whatever comes of it, it is an
 * answer or the client's own fault, and the daemon goes on. {@code -Domni.badBodies=10000} tries that many a dialect.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadBodiesTest {
    private static final int BODIES = Integer.getInteger("omni.badBodies", 300);
    private static final long SEED = 20261130;

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e308",
            "-9223372036854775809",
            "2147483648",
            "\"\"",
            "\"x\"",
            "\"\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "[{}]",
            "{\"type\":\"text\"}",
            "{\"role\":\"user\"}",
            "\"" + "n".repeat(300) + "\"");

    private FakeEngine engine;
    private TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"), "body_bytes_max = 65536", "nesting_max = 32");
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }

    @ParameterizedTest
    @EnumSource
    void noneIsAFaultOfTheDaemons(Dialect dialect) throws Exception {
        var random = new Random(SEED);
        var good = good(dialect);
        var refused = 0;
        for (var i = 0; i < BODIES; i++) {
            var from = good.get(random.nextInt(good.size()));
            var body = bad(random, from.body());
            var response = daemon.post(from.path(), body);

            var status = response.statusCode();
            var told = from.path() + " " + new String(body, StandardCharsets.UTF_8) + " " + response.body();
            assertTrue(status == 200 || (status >= 400 && status < 500), told);
            if (status != 200) {
                refused++;
                assertTrue(TestDaemon.json(response).has("error"), told);
            }
        }
        assertTrue(refused > BODIES / 3, "the bodies are not bad enough: " + refused);
        assertTrue(refused < BODIES, "none is nearly right");
        assertEquals(
                200,
                daemon.post(good.getFirst().path(), good.getFirst().body().toString())
                        .statusCode());
    }

    private record Good(String path, JsonNode body) {}

    private static List<Good> good(Dialect dialect) {
        return switch (dialect) {
            case OPENAI ->
                List.of(good("/v1/chat/completions", """
                            {"model":"three","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text",
                            "text":"hi"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":
                            {"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}],"temperature":1,
                            "top_p":0.5,"seed":1,"stop":["x"],"stream":true,"stream_options":{"include_usage":true},"logprobs":true,
                            "top_logprobs":2,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":
                            {"type":"object","properties":{"a":{"type":"integer"}}}}},"priority":"background"}"""), good("/v1/completions", """
                            {"model":"three","prompt":["hi"],"max_tokens":5,"logprobs":2,"stop":"x","stream":false}"""), good("/v1/embeddings", """
                            {"model":"three","input":["a","b"],"encoding_format":"base64","dimensions":2}"""));
            case OLLAMA ->
                List.of(
                        good("/api/chat", """
                            {"model":"three","messages":[{"role":"system","content":"s"},{"role":"assistant","content":"",
                            "thinking":"t","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool",
                            "content":"r","tool_name":"f"}],"stream":true,"format":{"type":"object","properties":{"a":{"type":
                            "integer"}}},"options":{"temperature":1,"top_k":2,"stop":["x"],"num_predict":5,"seed":1},
                            "keep_alive":"5m","think":false,"logprobs":true,"top_logprobs":2}"""),
                        good("/api/generate", """
                            {"model":"three","prompt":"hi","system":"s","raw":false,"stream":false,"format":"json","options":
                            {"top_p":0.5,"min_p":0.1,"repeat_penalty":1},"keep_alive":5}"""),
                        good("/api/embed", """
                            {"model":"three","input":["a","b"],"truncate":true,"options":{"num_ctx":1},"keep_alive":"1h"}"""),
                        good("/api/embeddings", """
                            {"model":"three","prompt":"a"}"""),
                        good("/api/show", """
                            {"model":"three:latest","name":"three"}"""));
            case ANTHROPIC -> List.of(good("/v1/messages", """
                            {"model":"three","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":
                            "ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant",
                            "content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"1","name":"f",
                            "input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":
                            "text","text":"r"}]}]}],"stop_sequences":["x"],"stream":true,"temperature":1,"top_p":0.5,"top_k":3,
                            "metadata":{"user_id":"u"},"thinking":{"type":"disabled"},"output_config":{"format":{"type":
                            "json_schema","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}}}"""), good("/v1/messages/count_tokens", """
                            {"model":"three","system":"s","messages":[{"role":"user","content":"hi"}],"tools":[]}"""));
        };
    }

    private static Good good(String path, String body) {
        return new Good(path, JsonMapper.shared().readTree(body));
    }

    /** A body with one to three values changed, or with bytes changed. */
    private static byte[] bad(Random random, JsonNode good) {
        var body = good.deepCopy();
        var changes = 1 + random.nextInt(3);
        for (var i = 0; i < changes; i++) {
            change(random, body);
        }
        var bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        return random.nextInt(8) == 0 ? broken(random, bytes) : bytes;
    }

    private static void change(Random random, JsonNode body) {
        var containers = new ArrayList<JsonNode>();
        collect(body, containers);
        var place = containers.get(random.nextInt(containers.size()));
        var value = random.nextInt(20) == 0
                ? nested(random.nextInt(40))
                : JsonMapper.shared().readTree(VALUES.get(random.nextInt(VALUES.size())));
        switch (place) {
            case ObjectNode object -> {
                var names = new ArrayList<>(object.propertyNames());
                var name =
                        names.isEmpty() || random.nextInt(10) == 0 ? "other" : names.get(random.nextInt(names.size()));
                if (random.nextInt(5) == 0) {
                    object.remove(name);
                } else {
                    object.set(name, value);
                }
            }
            case ArrayNode array -> {
                if (array.isEmpty() || random.nextInt(3) == 0) {
                    array.add(value);
                } else {
                    array.set(random.nextInt(array.size()), value);
                }
            }
            default -> throw new IllegalStateException("not a container");
        }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (node.isContainer()) {
            into.add(node);
            node.values().forEach(child -> collect(child, into));
        }
    }

    private static JsonNode nested(int depth) {
        JsonNode node = JsonNodeFactory.instance.arrayNode();
        for (var i = 0; i < depth; i++) {
            node = JsonNodeFactory.instance.arrayNode().add(node);
        }
        return node;
    }

    private static byte[] broken(Random random, byte[] bytes) {
        var broken = random.nextBoolean() ? bytes.clone() : Arrays.copyOf(bytes, random.nextInt(bytes.length));
        if (broken.length > 0) {
            broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
        }
        return broken;
    }
}
