package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
    @TempDir
    Path folder;

    private TinyServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TinyServer();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void measuresTheOmniHereWithAKeyOfItsOwnThatIsRevoked() {
        try (var tree = new FakeTree(folder)) {
            tree.daemon.url = server.url();
            tree.start();
            var done = tree.run(
                    "bench", "--only", "first-token,prefill", "--rounds", "2", "--prompt", "40", "--report", place());
            assertEquals(0, done.exit(), done.err());
            assertTrue(done.out().contains("First piece of the answer to a short question, ms  omni"), done.out());
            assertTrue(done.out().contains("NOT VALID as a claim:\n  2 whole rounds: a claim takes 10"), done.out());
            assertTrue(done.out().endsWith("Report: " + place() + "/report.html\n"), done.out());
            assertTrue(done.err().contains("round 2 of 2: prefill of omni"), done.err());
            assertTrue(Files.exists(Path.of(place(), "report.md")));
            assertTrue(server.bodies.getLast().contains("\"model\":\"default\""), server.bodies.getLast());
            assertTrue(server.keys.getFirst().startsWith("Bearer omni-"), "it has a key");
            assertEquals(List.of(), tree.daemon.added, "the key is revoked");
            assertEquals(List.of(true), tree.daemon.sessions, "and would be gone with this start of Omni");
        }
    }

    @Test
    void measuresTwoInTurnsAndWritesJson() throws IOException {
        try (var tree = new FakeTree(folder)) {
            var key = Files.writeString(folder.resolve("key"), "sk-one\nmore\n");
            tree.environment.put("OTHER", "sk-two");
            var done = tree.run(
                    "bench",
                    "--url",
                    server.url() + "/v1",
                    "--key-file",
                    key.toString(),
                    "--body",
                    "{\"seed\":3}",
                    "--beside",
                    server.url(),
                    "--beside-key-env",
                    "OTHER",
                    "--beside-model",
                    "mine",
                    "--rest",
                    "0s",
                    "--only",
                    "decode",
                    "--rounds",
                    "1",
                    "--tokens",
                    "300",
                    "--json",
                    "--report",
                    place());
            assertEquals(0, done.exit(), done.err());
            var lines = done.out().lines().toList();
            assertTrue(lines.getFirst().startsWith("{\"progress\":"), done.out());
            var json = Json.parse(lines.getLast());
            assertEquals("tiny", json.at("/targets/0/model").asString());
            assertEquals("mine", json.at("/targets/1/model").asString());
            assertEquals(
                    json.at("/targets/0/name").asString() + " again",
                    json.at("/targets/1/name").asString());
            assertEquals("decode_tokens_per_second", json.at("/figures/0/id").asString());
            assertEquals("invalid", json.path("standing").asString());
            assertTrue(server.keys.contains("Bearer sk-one") && server.keys.contains("Bearer sk-two"));
            assertTrue(server.bodies.stream().anyMatch(body -> body.contains("\"seed\":3")));
            var written = new ArrayList<String>();
            try (var files = Files.list(Path.of(place()))) {
                for (var file : files.toList()) {
                    written.add(Files.readString(file));
                }
            }
            assertFalse(written.toString().contains("sk-"), "no key is in a report");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--rounds 0 | rounds is 0; it may be 1 to 1000.",
                "--tokens 4097 | tokens is 4097; it may be 2 to 4096.",
                "--streams 1,257 | streams is 257; it may be 1 to 256.",
                "--rest 61s | rest in milliseconds is 61000; it may be 0 to 60000.",
                "--timeout 2h | timeout in milliseconds is 7200000; it may be 1000 to 3600000.",
                "--load-limit 101 | load-limit is 101.0; it may be 0 to 100.",
                "--only speed | There is no measurement \"speed\"; there is decode,",
                "--only swap | For swap, name a second model of ",
                "--key-env NOTHING | The environment variable NOTHING holds no key.",
                "--key-file /nothing/here | The key in /nothing/here cannot be read:",
                "--key-env A --key-file B | A server has one key: from a file, or from the environment.",
                "--body [] | A body is a JSON object, such as",
                "--body {\"stream\":false} | The measurement itself says what \"stream\" is; leave it out of the body.",
                "--beside-model x | What is said of a server beside wants --beside URL, too.",
                "--beside ftp://x | The address of a server begins with http:// or https:// and a host: ftp://x",
            })
    void aWrongLineIsSaidAndNothingIsAsked(String options, String message) {
        try (var tree = new FakeTree(folder)) {
            var words = new ArrayList<>(List.of("bench", "--url", server.url(), "--report", place()));
            words.addAll(List.of(options.split(" ")));
            var done = tree.run(words.toArray(String[]::new));
            assertEquals(ExitCode.USAGE.number(), done.exit(), done.err());
            assertTrue(done.err().startsWith(message), done.err());
            assertEquals(List.of(), server.bodies);
        }
    }

    @Test
    void whoIsNotThereIsSaid() throws IOException {
        server.close();
        try (var tree = new FakeTree(folder)) {
            var done = tree.run("bench", "--url", server.url(), "--model", "x", "--report", place());
            assertEquals(ExitCode.AWAY.number(), done.exit());
            assertTrue(
                    done.err().contains("no connection to " + server.url() + "; is the server started?"), done.err());
            assertEquals(ExitCode.NOT_RUNNING.number(), tree.run("bench").exit());
        }
    }

    private String place() {
        return folder.resolve("report").toString();
    }
}
