package omni.gguf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Against PyPI gguf, the format's reference: it reads what we write, and we read what it writes, to the same facts. Makes
 * a Python environment in the cache once; needs python3 with venv, and the package index.
 */
final class GoldenBoxTest {
    private static final String PACKAGE = "gguf==0.19.0";
    private static final int ELEMENTS_MAX = 1000;

    @TempDir
    private static Path folder;

    private static Path python = Path.of("");
    private static Path script = Path.of("");

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        Path environment = cache().resolve("python").resolve(PACKAGE.replace("==", "-"));
        python = environment.resolve("bin/python");
        Path complete = environment.resolve("complete");
        if (!Files.exists(complete)) {
            Files.createDirectories(environment);
            run(List.of("python3", "-m", "venv", "--clear", environment.toString()));
            run(List.of(python.toString(), "-m", "pip", "install", "--quiet", PACKAGE));
            Files.createFile(complete);
        }
        script = folder.resolve("golden.py");
        try (var text = Objects.requireNonNull(GoldenBoxTest.class.getResourceAsStream("golden.py"))) {
            Files.copy(text, script);
        }
    }

    @Test
    void pythonReadsWhatWeWrite() throws IOException, InterruptedException {
        Path file = Samples.values(folder.resolve("ours.gguf"));
        assertEquals(python("read", file), ours(file));
    }

    @Test
    void weReadWhatPythonWrites() throws IOException, InterruptedException {
        Path file = folder.resolve("theirs.gguf");
        python("write", file);
        String facts = ours(file);
        assertEquals(python("read", file), facts);
        assertTrue(facts.contains("f64 F64"), facts);
    }

    @Test
    void anotherFileHasOtherFacts() throws IOException, InterruptedException {
        assertNotEquals(
                python("read", Samples.values(folder.resolve("one.gguf"))),
                ours(Samples.bytePairs(folder.resolve("other.gguf"))));
    }

    private static String python(String what, Path file) throws IOException, InterruptedException {
        return run(List.of(python.toString(), script.toString(), what, file.toString()))
                .strip();
    }

    /** What the script prints, by our reader. */
    private static String ours(Path file) throws IOException {
        Gguf gguf = Gguf.read(file);
        List<String> facts = new ArrayList<>();
        for (String key : gguf.keys()) {
            Optional<ValueType> element = gguf.elementType(key);
            ValueType type = gguf.type(key).orElseThrow();
            if (element.isEmpty()) {
                facts.add(key + " " + type + " " + value(gguf, key, type));
            } else if (gguf.count(key).orElseThrow() > 0) {
                facts.add(key + " [" + element.get() + "] " + values(gguf, key, element.get()));
            }
        }
        for (GgufTensor tensor : gguf.tensors()) {
            String shape = tensor.shape().stream().map(Object::toString).collect(Collectors.joining(","));
            facts.add(tensor.name() + " " + tensor.type() + " " + shape + " " + tensor.offset() + " " + tensor.bytes());
        }
        return facts.stream().sorted().collect(Collectors.joining("\n"));
    }

    private static String value(Gguf gguf, String key, ValueType type) {
        return switch (type) {
            case F32, F64 ->
                "%016x".formatted(Double.doubleToRawLongBits(gguf.real(key).orElseThrow()));
            case BOOL -> gguf.bool(key).orElseThrow().toString();
            case STRING -> gguf.text(key).orElseThrow();
            case U64 -> Long.toUnsignedString(gguf.integer(key).orElseThrow());
            default -> Long.toString(gguf.integer(key).orElseThrow());
        };
    }

    private static String values(Gguf gguf, String key, ValueType element) {
        return switch (element) {
            case F32, F64 -> Long.toString(gguf.count(key).orElseThrow());
            case STRING -> String.join(",", gguf.texts(key, ELEMENTS_MAX));
            default ->
                gguf.integers(key, ELEMENTS_MAX).stream().map(Object::toString).collect(Collectors.joining(","));
        };
    }

    private static Path cache() {
        return Optional.ofNullable(System.getenv("OMNI_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("omni"));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile(folder, "errors", ".txt");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), command + " failed: " + Files.readString(errors));
        return output;
    }
}
