package omni.dialogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import omni.dialogue.AnswerParser.Thoughts;
import omni.template.ChatTemplate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is told of an answer is what the parser of the llama.cpp release makes of it, built from the release's source, for
 * templates of Hermes and Qwen models. Needs g++ and npm.
 */
final class LlamaCppBoxTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path ROOT =
            Path.of(Objects.requireNonNull(System.getProperty("omni.root"), "Run it with Maven."));
    private static final Path SEED = ROOT.resolve("daemon/template/src/test/resources/omni/template/seed.jinja");
    private static final int ANSWERS = 300;

    /** Templates by whether and how their models think. */
    private static final Map<String, Thoughts> TEMPLATES = new LinkedHashMap<>(Map.of(
            "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use.jinja", Thoughts.NONE,
            "NousResearch-Hermes-3-Llama-3.1-8B-tool_use.jinja", Thoughts.NONE,
            "Qwen-Qwen2.5-7B-Instruct.jinja", Thoughts.NONE,
            "Qwen-Qwen3-0.6B.jinja", Thoughts.MARKED,
            "Qwen-QwQ-32B.jinja", Thoughts.BEGUN,
            "MiMo-VL.jinja", Thoughts.NONE,
            "ibm-granite-granite-4.0.jinja", Thoughts.NONE));

    private static final String TOOLS = """
            [{"type": "function", "function": {"name": "f", "description": "F.", "parameters":
               {"type": "object", "properties": {"a": {"type": "integer"}, "s": {"type": "string"}}}}},
             {"type": "function", "function": {"name": "get-b_2", "description": "B.", "parameters":
               {"type": "object", "properties": {}}}}]
            """;

    @TempDir
    private static Path folder;

    private static Path source = Path.of("");
    private static Path program = Path.of("");

    @BeforeAll
    static void build() throws IOException, InterruptedException {
        source = Path.of(run(ROOT.resolve("inference-native/recipe/source").toString()));
        var driver = resource("parser.cpp");
        var cache = cache().resolve("chat-parser").resolve(source.getFileName().toString());
        program = Path.of(
                run("sh", resource("build.sh").toString(), source.toString(), cache.toString(), driver.toString()));
    }

    private static Path resource(String name) throws IOException {
        try (var in = Objects.requireNonNull(LlamaCppBoxTest.class.getResourceAsStream(name), name)) {
            return Files.write(folder.resolve(name), in.readAllBytes());
        }
    }

    private static Path cache() {
        return Optional.ofNullable(System.getenv("OMNI_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("omni"));
    }

    /** The last line that a program prints. */
    private static String run(String... command) throws IOException, InterruptedException {
        return String.join("\n", run(List.of(), command)).strip().lines().reduce("", (_, last) -> last);
    }

    private static List<String> run(List<String> input, String... command) throws IOException, InterruptedException {
        var in = Files.write(Files.createTempFile(folder, "in", ".txt"), input);
        var out = Files.createTempFile(folder, "out", ".txt");
        var errors = Files.createTempFile(folder, "errors", ".txt");
        var process = new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertTrue(process.waitFor(15, TimeUnit.MINUTES), () -> command[0] + " takes too long");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), Files.readString(errors, UTF_8));
        return Files.readAllLines(out, UTF_8);
    }

    /** What the release makes of answers; nothing where it refuses one. */
    private static List<Optional<String>> theirs(Path template, List<String> answers)
            throws IOException, InterruptedException {
        var input = new ArrayList<String>();
        for (var answer : answers) {
            var line = JSON.createObjectNode();
            line.putObject("setup").put("template", template.toString()).set("tools", JSON.readTree(TOOLS));
            input.add(line.put("text", answer).toString());
        }
        return run(input, program.toString()).stream()
                .map(line -> {
                    var out = JSON.readTree(line);
                    return out.has("error") ? Optional.<String>empty() : Optional.of(written(out));
                })
                .toList();
    }

    private static String written(JsonNode message) {
        var text = new StringBuilder();
        text.append('[').append(message.path("reasoning").asString()).append(']');
        text.append(message.path("content").asString());
        for (var call : message.path("calls").values()) {
            text.append('|').append(call.path("name").asString());
            text.append('(').append(call.path("arguments").asString()).append(')');
        }
        return text.toString();
    }

    private static String ours(Thoughts thoughts, Set<String> functions, String answer) {
        var message = JSON.createObjectNode().put("reasoning", "").put("content", "");
        var calls = message.putArray("calls");
        var parser = new AnswerParser(thoughts, functions);
        for (var delta : Stream.concat(parser.accept(answer).stream(), parser.finish().stream())
                .toList()) {
            switch (delta) {
                case Delta.Content content -> append(message, "content", content.text());
                case Delta.Reasoning reasoning -> append(message, "reasoning", reasoning.text());
                case Delta.Call call ->
                    calls.addObject().put("name", call.function()).put("arguments", "");
                case Delta.Arguments more -> append((ObjectNode) calls.get(more.index()), "arguments", more.text());
            }
        }
        return written(message);
    }

    private static void append(ObjectNode node, String field, String text) {
        node.put(field, node.path(field).asString() + text);
    }

    /** Of the white space around thoughts their parser drops as much as the template writes, and ours all. */
    private static String comparable(Thoughts thoughts, String written) {
        return thoughts == Thoughts.NONE
                ? written
                : written.replaceAll("^\\[\\s+", "[").replaceAll("(?s)^(\\[.*?])\\s+", "$1");
    }

    private static Path file(String template) {
        return source.resolve("models/templates").resolve(template);
    }

    @Test
    void answersAreToldAsByTheRelease() throws IOException, InterruptedException {
        var differences = new ArrayList<String>();
        var withCalls = 0;
        var all = new LinkedHashMap<Path, Thoughts>();
        all.put(SEED, Thoughts.NONE);
        TEMPLATES.forEach((name, thoughts) -> all.put(file(name), thoughts));
        for (var template : all.entrySet()) {
            var thoughts = template.getValue();
            var random = new SplittableRandom(
                    template.getKey().getFileName().toString().hashCode());
            var answers = Stream.generate(() -> answer(random, thoughts))
                    .limit(ANSWERS)
                    .toList();
            var theirs = theirs(template.getKey(), answers);
            assertEquals(answers.size(), theirs.size());
            for (var i = 0; i < answers.size(); i++) {
                var told = ours(thoughts, Set.of("f", "get-b_2"), answers.get(i));
                var expected = theirs.get(i).orElse("refused");
                withCalls += expected.contains("|") ? 1 : 0;
                if (!comparable(thoughts, expected).equals(comparable(thoughts, told))) {
                    differences.add(template.getKey().getFileName() + ": " + JSON.writeValueAsString(answers.get(i))
                            + "\n  theirs: " + JSON.writeValueAsString(expected) + "\n  ours:   "
                            + JSON.writeValueAsString(told));
                }
            }
        }
        assertEquals(List.of(), differences.stream().limit(5).toList(), differences.size() + " differences");
        assertTrue(withCalls > ANSWERS, withCalls + " with calls");
    }

    /** What they refuse with an error is told here as text and calls; that the comparison would find a fault is seen here, too. */
    @Test
    void whatTheReleaseRefusesIsText() throws IOException, InterruptedException {
        var call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>";
        var broken = List.of(
                call + " and more",
                "<tool_call>\n{\"name\": \"other\", \"arguments\": {}}\n</tool_call>",
                "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 01}}\n</tool_call>",
                "<tool_call>\n{\"name\": \"f\"}\n</tool_call>",
                "<tool_call>\n{\"name\": \"f\", \"arguments\": {}, \"id\": \"1\"}\n</tool_call>");
        for (var theirs : theirs(SEED, broken)) {
            assertEquals(Optional.empty(), theirs);
        }
        assertEquals("[] and more|f({\"a\": 1})", ours(Thoughts.NONE, Set.of("f"), broken.getFirst()));
        assertEquals("[]" + broken.get(1), ours(Thoughts.NONE, Set.of("f"), broken.get(1)));
        assertNotEquals(
                theirs(SEED, List.of(call)).getFirst(),
                Optional.of(ours(Thoughts.NONE, Set.of("other"), call)),
                "a control");
    }

    /** The format is found in what each of the templates writes, and an answer in it is a call to their parser. */
    @Test
    void theFormatOfEachTemplateIsFound() throws IOException, InterruptedException {
        var variables = JSON.readTree("""
                {"messages": [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": "", "tool_calls": [
                   {"type": "function", "id": "call00001", "function": {"name": "omni_probe", "arguments": {"probe": 1}}},
                   {"type": "function", "id": "call00002", "function": {"name": "omni_probe", "arguments": {"probe": 1}}}]}],
                 "tools": [{"type": "function", "function": {"name": "omni_probe", "description": "", "parameters":
                   {"type": "object", "properties": {"probe": {"type": "integer"}}}}}],
                 "documents": null, "add_generation_prompt": false, "bos_token": "", "eos_token": ""}
                """);
        for (var name : TEMPLATES.keySet()) {
            var rendered = ChatTemplate.compile(Files.readString(file(name))).render(variables, Clock.systemUTC());
            var format = ToolFormat.of(rendered).orElseThrow(() -> new AssertionError(name + "\n" + rendered));
            var call = ToolFormat.MARK + format.before("f") + "{\"a\": 1}" + format.closing();
            var thoughts = Objects.requireNonNull(TEMPLATES.get(name));
            var answer = (thoughts == Thoughts.BEGUN ? "Hm.</think>" : "") + call + format.separator() + call;
            var theirs = theirs(file(name), List.of(answer)).getFirst();
            assertTrue(theirs.orElse("refused").endsWith("|f({\"a\": 1})|f({\"a\": 1})"), name + ": " + theirs);
        }
        var other = ChatTemplate.compile(Files.readString(file("Qwen3-Coder.jinja")))
                .render(variables, Clock.systemUTC());
        assertEquals(Optional.empty(), ToolFormat.of(other), "another format");
    }

    // Answers as models write them.

    private static String answer(SplittableRandom random, Thoughts thoughts) {
        var answer = new StringBuilder();
        if (thoughts == Thoughts.BEGUN) {
            answer.append(text(random, false)).append("\n</think>\n\n");
        } else if (thoughts == Thoughts.MARKED && random.nextBoolean()) {
            answer.append("<think>")
                    .append(space(random))
                    .append(text(random, false))
                    .append("\n</think>")
                    .append(space(random));
        }
        if (random.nextInt(3) > 0) {
            answer.append(text(random, true));
        }
        for (var calls = random.nextInt(4); calls > 0; calls--) {
            answer.append("<tool_call>\n{\"name\": \"")
                    .append(random.nextBoolean() ? "f" : "get-b_2")
                    .append("\", \"arguments\": ");
            answer.append(object(random, 0)).append("}\n</tool_call>").append(calls > 1 ? space(random) : "");
        }
        return answer.toString();
    }

    private static String space(SplittableRandom random) {
        return List.of("", "\n", "\n\n", " ").get(random.nextInt(4));
    }

    /** Begins and ends with a word; {@code free} is what may be followed by a call. */
    private static String text(SplittableRandom random, boolean free) {
        var words = List.of(
                "Well",
                "é",
                "😀",
                "<b>",
                "a < b",
                "{\"x\": 1}",
                "tool_call",
                "</think",
                "\"",
                "\\",
                "\n",
                "\n\n",
                "\t");
        var text = new StringBuilder("So");
        for (var count = random.nextInt(6); count > 0; count--) {
            text.append(' ').append(words.get(random.nextInt(words.size())));
        }
        return text.append(free ? space(random) : ".").toString();
    }

    private static String object(SplittableRandom random, int depth) {
        var members = new ArrayList<String>();
        for (var count = random.nextInt(4); count > 0; count--) {
            members.add("\"" + (char) ('a' + members.size()) + "\""
                    + List.of(":", ": ").get(random.nextInt(2)) + value(random, depth + 1));
        }
        return "{" + String.join(List.of(",", ", ", ",\n  ").get(random.nextInt(3)), members) + "}";
    }

    private static String value(SplittableRandom random, int depth) {
        return switch (random.nextInt(depth > 3 ? 6 : 8)) {
            case 0 -> "true";
            case 1 -> "null";
            case 2 -> Integer.toString(random.nextInt(-1000, 1000));
            case 3 -> "-0.5e-3";
            case 4 -> "\"</tool_call> <tool_call>\\n\\u00e9\\\"}\"";
            case 5 -> "\"Køge 😀 \\\\\"";
            case 6 -> "[" + value(random, depth + 1) + ", " + value(random, depth + 1) + "]";
            default -> object(random, depth);
        };
    }
}
