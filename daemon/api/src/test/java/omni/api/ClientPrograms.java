package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Programs that drive the API with the official clients of its dialects, in JavaScript (src/test/node, npm's packages of its
 * package-lock.json) and Python (src/test/python, an environment in the cache). Each prints a line of JSON with what it saw.
 */
final class ClientPrograms {
    private static final List<String> PACKAGES = List.of("ollama==0.6.3", "anthropic==2.14.0");
    private static final int MINUTES_MAX = 5;

    private static boolean nodeInstalled;

    private ClientPrograms() {}

    /** Runs a program of src/test/node. */
    static JsonNode node(String program, String... arguments) throws IOException, InterruptedException {
        var module = Path.of(System.getProperty("omni.root"), "daemon", "api");
        var folder = Files.createDirectories(module.resolve("target").resolve("node"));
        installNode(module.resolve("src/test/node"), folder);
        return said(folder, List.of("node", program), arguments);
    }

    /** Once in a run of tests: it takes seconds, and all programs share the packages. */
    private static synchronized void installNode(Path from, Path folder) throws IOException, InterruptedException {
        if (nodeInstalled) {
            return;
        }
        try (var files = Files.list(from)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                Files.write(folder.resolve(String.valueOf(file.getFileName())), Files.readAllBytes(file));
            }
        }
        run(folder, List.of("npm", "ci", "--ignore-scripts", "--prefer-offline"));
        nodeInstalled = true;
    }

    /** Runs a program of src/test/python. */
    static JsonNode python(String program, String... arguments) throws IOException, InterruptedException {
        var folder =
                Files.createDirectories(Path.of(System.getProperty("omni.root"), "daemon", "api", "target", "python"));
        var python = environment(folder, PACKAGES).resolve("python").toString();
        var script = Path.of(System.getProperty("omni.root"), "daemon/api/src/test/python", program);
        return said(folder, List.of(python, script.toString()), arguments);
    }

    /** The folder of programs of an environment with those packages of Python's, made in the cache where it is not there. */
    static Path environment(Path folder, List<String> packages) throws IOException, InterruptedException {
        var environment =
                cache().resolve("python").resolve(String.join("+", packages).replace("==", "-"));
        var programs = environment.resolve("bin");
        var complete = environment.resolve("complete");
        if (!Files.exists(complete)) {
            Files.createDirectories(environment);
            run(folder, List.of("python3", "-m", "venv", "--clear", environment.toString()));
            var install =
                    new ArrayList<>(List.of(programs.resolve("python").toString(), "-m", "pip", "install", "--quiet"));
            install.addAll(packages);
            run(folder, install);
            Files.createFile(complete);
        }
        return programs;
    }

    private static JsonNode said(Path folder, List<String> program, String... arguments)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(program);
        command.addAll(List.of(arguments));
        var output = run(folder, command);
        return JsonMapper.shared().readTree(output.strip().lines().reduce("", (_, last) -> last));
    }

    private static String run(Path folder, List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OPENAI_API_KEY", TestDaemon.KEY,
                        "OLLAMA_API_KEY", TestDaemon.KEY,
                        "ANTHROPIC_API_KEY", TestDaemon.KEY));
        var errors = Files.createTempFile(folder, "client", ".err");
        var process = builder.redirectError(errors.toFile()).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(MINUTES_MAX, TimeUnit.MINUTES), command + " did not end");
        assertEquals(0, process.exitValue(), output + Files.readString(errors));
        Files.delete(errors);
        return output;
    }

    private static Path cache() {
        return Optional.ofNullable(System.getenv("OMNI_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("omni"));
    }
}
