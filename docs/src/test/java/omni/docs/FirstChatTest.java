package omni.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first chat, as it stands there: {@code omni up}, the printed line, curl, and the OpenAI client. */
class FirstChatTest {
    private static final String DOCUMENTED = "127.0.0.1:11434";
    private static final int PATIENCE_SECONDS = 90;

    @TempDir
    Path home;

    private String address;
    private Process omni;
    private String curl;

    @BeforeEach
    void up() throws IOException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        address = "127.0.0.1:" + port;
        Files.writeString(home.resolve("omni.toml"), "[daemon]\nport = " + port + "\n");
        var builder = new ProcessBuilder(
                        Pages.root().resolve("supervisor/bin/omni").toString(), "up")
                .redirectError(home.resolve("up.err").toFile());
        environment(builder);
        omni = builder.start();
        var printed = omni.inputReader();
        curl = line(printed, "curl ");
    }

    @AfterEach
    void down() throws InterruptedException {
        omni.destroy();
        assertTrue(omni.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "omni up did not stop");
    }

    @Test
    void thePrintedLineAnswers() throws IOException, InterruptedException {
        var streamed = run(Map.of(), "sh", "-c", curl);
        var answer = Pattern.compile("\"content\":\"([^\"]*)\"")
                .matcher(streamed)
                .results()
                .map(r -> r.group(1))
                .collect(Collectors.joining());
        assertTrue(answer.contains("12"), streamed);
    }

    @Test
    void curlAnswers() throws IOException, InterruptedException {
        var shown = Pages.blocks("sh").stream()
                .filter(b -> b.page().equals("README.md") && b.text().startsWith("curl "))
                .findFirst()
                .orElseThrow();
        var answer = run(Map.of("OMNI_KEY", key()), "sh", "-c", shown.text().replace(DOCUMENTED, address));
        assertTrue(answer.contains("7 plus 5 is 12."), answer);
    }

    @Test
    void theJavaClientAnswers() throws IOException, InterruptedException {
        var shown = Pages.blocks("java").stream()
                .filter(b -> b.page().equals("README.md"))
                .findFirst()
                .orElseThrow();
        var source = home.resolve("FirstChat.java");
        Files.writeString(source, """
            import com.openai.client.OpenAIClient;
            import com.openai.client.okhttp.OpenAIOkHttpClient;
            import com.openai.models.chat.completions.ChatCompletion;
            import com.openai.models.chat.completions.ChatCompletionCreateParams;

            void main() {
            %s
            System.exit(0);
            }
            """.formatted(shown.text().replace(DOCUMENTED, address)));
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var answer =
                run(Map.of("OMNI_KEY", key()), java, "-cp", System.getProperty("java.class.path"), source.toString());
        assertEquals("7 plus 5 is 12.", answer.strip());
    }

    /** Takes the key from the printed line, as a reader would. */
    private String key() {
        var at = curl.indexOf("Bearer ");
        assertTrue(at > 0, "no key in the printed line");
        return curl.substring(at + "Bearer ".length()).split("['\" ]", 2)[0];
    }

    private void environment(ProcessBuilder builder) {
        builder.environment().put("OMNI_HOME", home.toString());
        builder.environment().put("OMNI_RUN", home.resolve("run").toString());
    }

    private String run(Map<String, String> variables, String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command)
                .redirectOutput(home.resolve("out").toFile())
                .redirectError(home.resolve("err").toFile());
        builder.environment().putAll(variables);
        var process = builder.start();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "still running: " + command[0]);
        assertEquals(0, process.exitValue(), Files.readString(home.resolve("err")));
        return Files.readString(home.resolve("out"));
    }

    private String line(BufferedReader printed, String start) throws IOException {
        String line;
        do {
            line = printed.readLine();
            assertNotNull(line, "omni up ended: " + Files.readString(home.resolve("up.err")));
        } while (!line.startsWith(start));
        return line;
    }
}
