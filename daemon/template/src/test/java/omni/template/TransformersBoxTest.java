package omni.template;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Every chat template of the llama.cpp release, over every conversation of {@code conversations.json}, against Python's
 * transformers. Makes a Python environment in the cache once; needs python3 with venv, and the package index.
 */
final class TransformersBoxTest {
    private static final String[] PACKAGES = {"transformers==5.23.0", "jinja2==3.1.6"};

    @TempDir
    private static Path folder;

    private static Path python = Path.of("");
    private static Path templates = Path.of("");

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        String source = run(List.of(
                Resources.root().resolve("inference-native/recipe/source").toString()));
        templates = Path.of(source.strip().lines().reduce("", (a, b) -> b), "models", "templates");
        Path environment =
                cache().resolve("python").resolve(String.join("+", PACKAGES).replace("==", "-"));
        python = environment.resolve("bin/python");
        Path complete = environment.resolve("complete");
        if (!Files.exists(complete)) {
            Files.createDirectories(environment);
            run(List.of("python3", "-m", "venv", "--clear", environment.toString()));
            List<String> install = new ArrayList<>(List.of(python.toString(), "-m", "pip", "install", "--quiet"));
            install.addAll(List.of(PACKAGES));
            run(install);
            Files.createFile(complete);
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

    /** Runs a program and returns its standard output. */
    private static String run(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile(folder, "errors", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectError(errors.toFile())
                .directory(Resources.root().toFile())
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), () -> command + " failed: " + read(errors));
        return output;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the script beside this test makes of a resource. */
    private static JsonNode expected(String mode, String resource, String... more)
            throws IOException, InterruptedException {
        Path script = Files.writeString(folder.resolve("expected.py"), Resources.text("expected.py"));
        Path input = Files.writeString(folder.resolve(resource), Resources.text(resource));
        Path output = folder.resolve("output-" + resource);
        List<String> command = new ArrayList<>(
                List.of(python.toString(), script.toString(), mode, input.toString(), output.toString()));
        command.addAll(List.of(more));
        run(command);
        return Resources.JSON.readTree(read(output));
    }

    /** A text, or an error, as the script writes it. */
    private record Outcome(String kind, String text) {
        static Outcome of(String kind, String text) {
            return new Outcome(kind, kind.equals("text") || kind.equals("RAISED") ? text : "");
        }
    }

    private static Outcome render(String source, JsonNode variables) {
        try {
            return Outcome.of("text", ChatTemplate.compile(source).render(variables, Resources.CLOCK));
        } catch (TemplateException e) {
            return Outcome.of(e.kind().name(), String.valueOf(e.getMessage()));
        }
    }

    @Test
    void everyTemplateOfTheReleaseRendersAsInPython() throws IOException, InterruptedException {
        Map<String, JsonNode> conversations = new HashMap<>();
        for (JsonNode conversation : Resources.json("conversations.json")) {
            conversations.put(conversation.get("name").asString(), conversation.get("variables"));
        }
        List<String> differences = new ArrayList<>();
        Map<String, Integer> kinds = new HashMap<>();
        JsonNode results = expected("conversations", "conversations.json", templates.toString());
        for (JsonNode result : results) {
            String name = result.get("template").asString();
            String conversation = result.get("case").asString();
            Outcome wanted =
                    Outcome.of(result.get("kind").asString(), result.get("text").asString());
            Outcome found = render(
                    Files.readString(templates.resolve(name)), Objects.requireNonNull(conversations.get(conversation)));
            kinds.merge(wanted.kind(), 1, Integer::sum);
            if (!wanted.equals(found)) {
                differences.add(name + ", " + conversation + ": wanted " + wanted + " but found " + found);
            }
        }
        System.getLogger("omni.template")
                .log(
                        System.Logger.Level.INFO,
                        "{0} of {1} as in Python",
                        results.size() - differences.size(),
                        results.size());
        assertEquals(List.of(), differences);
        assertTrue(kinds.getOrDefault("text", 0) > 3000, "Too few texts were compared: " + kinds);
        assertTrue(kinds.getOrDefault("RAISED", 0) > 100, "Too few refusals were compared: " + kinds);
    }

    @Test
    void theSnippetsAreStillWhatPythonMakesOfThem() throws IOException, InterruptedException {
        assertEquals(Resources.json("snippets.json"), expected("snippets", "snippets.json"));
    }

    @Test
    void aDifferenceIsSeen() {
        JsonNode nothing = Resources.JSON.createObjectNode();
        assertEquals(new Outcome("text", "a"), render("a", nothing));
        assertEquals(new Outcome("RAISED", "a"), render("{{ raise_exception('a') }}", nothing));
        assertEquals(new Outcome("RUNTIME", ""), render("{{ a.b }}", nothing));
    }
}
