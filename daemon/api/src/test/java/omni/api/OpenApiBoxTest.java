package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import omni.bus.BusClient;
import omni.bus.Credential;
import omni.vault.SecretCall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The OpenAPI document before others' eyes: its validator, and schemathesis, which makes requests of it, right and wrong ones, and holds
 * the responses to it. A build makes what the bounds of each field give, some thousands; {@code -Domni.openapi.examples=100} has that many
 * for each route drawn besides.
 */
final class OpenApiBoxTest {
    private static final List<String> PACKAGES = List.of("schemathesis==4.32.5", "openapi-spec-validator==0.9.0");
    private static final int EXAMPLES = Integer.getInteger("omni.openapi.examples", 0);
    private static final int HOURS_MAX = 2;
    private static final String KEPT = "an owl in the barn";

    private record Ended(int code, String output) {}

    private static Ended run(String program, String... arguments) throws IOException, InterruptedException {
        var folder =
                Files.createDirectories(Path.of(System.getProperty("omni.root"), "daemon", "api", "target", "openapi"));
        var command = new ArrayList<>(List.of(
                ClientPrograms.environment(folder, PACKAGES).resolve(program).toString()));
        command.addAll(List.of(arguments));
        var log = Files.createTempFile(folder, program, ".log");
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        assertTrue(process.waitFor(HOURS_MAX, TimeUnit.HOURS), program + " did not end");
        return new Ended(process.exitValue(), Files.readString(log));
    }

    /** Requests of all that the document says, but what the arguments leave out. */
    private static Ended schemathesis(TestDaemon daemon, String... more) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of(
                "--no-color",
                "--config-file="
                        + Path.of(System.getProperty("omni.root"), "daemon/api/src/test/python/schemathesis.toml"),
                "run",
                daemon.url.resolve("/openapi.json").toString(),
                "--header=Authorization: Bearer " + TestDaemon.KEY,
                "--generation-with-security-parameters=false",
                "--generation-database=none",
                "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
                "--phases=examples,coverage" + (EXAMPLES > 0 ? ",fuzzing" : ""),
                "--max-examples=" + Math.max(1, EXAMPLES),
                "--seed=1",
                "--continue-on-failure",
                "--request-timeout=30",
                "--warnings=off"));
        arguments.addAll(List.of(more));
        return run("schemathesis", arguments.toArray(String[]::new));
    }

    @Test
    void theDocumentIsValid() throws Exception {
        var file = Path.of(System.getProperty("omni.root"), "daemon/api/src/main/resources/omni/api/openapi.json");
        var ended = run("openapi-spec-validator", "--schema", "3.1", file.toString());
        assertEquals(0, ended.code(), ended.output());

        var broken = Files.createTempFile("openapi", ".json");
        Files.writeString(broken, Files.readString(file).replace("\"in\": \"query\"", "\"in\": \"querry\""));
        assertEquals(
                1,
                run("openapi-spec-validator", "--schema", "3.1", broken.toString())
                        .code());
        Files.delete(broken);
    }

    /**
     * Over the real vault, which is open. Left out are what locks it, and what takes seconds for each password that is wrong; what other
     * passwords open has none that is right.
     */
    @Test
    void everyRouteAnswersAsItSays(@TempDir Path home) throws Exception {
        var root = Credential.root();
        try (var _ = new FakeEngine(home.resolve("engine.sock")).onlyQuick();
                var _ = new FakeFetch(home);
                var _ = new RealVault(home, root, () -> {}, "");
                var vault = BusClient.to(home.resolve("vault.sock"), "daemon", root.forRole("daemon"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"), vault, () -> {}, "pull_models = true")) {
            SecretCall.make(
                    home.resolve("vault-secrets.sock"),
                    SecretCall.Verb.CREATE,
                    List.of(ByteBuffer.wrap(KEPT.getBytes(StandardCharsets.US_ASCII)), ByteBuffer.allocate(0)));
            var ended = schemathesis(daemon, "--exclude-path-regex=/v1/vault/(lock|rotate)$");
            assertEquals(0, ended.code(), ended.output());
            assertEquals(
                    "open",
                    TestDaemon.json(daemon.get("/v1/vault")).get("state").asString(),
                    "all the while");
        }
    }

    /** The engine's fault that is planted behind one route. */
    @Test
    void aRouteThatAnswers500IsFound(@TempDir Path home) throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            assertEquals(0, schemathesis(daemon, "--include-path=/detokenize").code());
            engine.detokenizes = false;
            var ended = schemathesis(daemon, "--include-path=/detokenize");
            assertEquals(1, ended.code(), ended.output());
            assertTrue(ended.output().contains("Server error"), ended.output());
        }
    }
}
