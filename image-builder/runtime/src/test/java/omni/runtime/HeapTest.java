package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Everything that the bounds admit fits the heaps that the product gives its roles: many of the largest requests at once
 * are answered or refused, and no process dies of one. A role that ran out of memory would end (ExitOnOutOfMemoryError).
 */
class HeapTest {
    private static final int BODY_BYTES_MAX = 4 << 20;
    private static final Duration LONGEST = Duration.ofSeconds(110);
    private static final List<Large> LARGEST = List.of(
            new Large(12, "a prompt", "/v1/completions", prompt(), 400),
            new Large(12, "a chat", "/v1/chat/completions", chat(), 400),
            new Large(6, "arguments", "/v1/chat/completions", arguments(), 400),
            new Large(6, "messages", "/v1/chat/completions", manyMessages(), 400),
            new Large(6, "tokens", "/v1/completions", manyTokens(), 400),
            new Large(4, "inputs", "/v1/embeddings", manyInputs(), 200),
            new Large(4, "reports", "/v1/completions", manyReports(), 200));

    @Test
    void manyOfTheLargestRequestsKillNobody() throws Exception {
        try (var product = new Product();
                var http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var line = Request.of(product.up().curl());
            var before = product.status();
            List<Callable<Integer>> load = new ArrayList<>();
            for (var one : LARGEST) {
                load.addAll(Collections.nCopies(one.times(), () -> post(http, line, one)));
            }
            List<Integer> statuses = new ArrayList<>();
            for (var one : threads.invokeAll(load)) {
                statuses.add(one.get());
            }
            var told = statuses.toString();
            for (var status : statuses) {
                assertTrue(List.of(200, 400, 429).contains(status), told);
            }
            assertTrue(statuses.contains(400), told);
            for (var one : LARGEST) { // a slow machine may have refused all of a kind above
                assertEquals(one.status(), post(http, line, one), one.name());
            }
            var after = product.status();
            for (var role : List.of("engine", "daemon")) {
                assertNotEquals(0, Product.pid(before, role));
                assertEquals(Product.pid(before, role), Product.pid(after, role), () -> told + after);
            }
            assertEquals(200, line.send().status());
        }
    }

    /**
     * One of the largest requests.
     *
     * @param times how often it is sent at once
     * @param status what answers it where nothing else is asked
     */
    private record Large(int times, String name, String path, String body, int status) {}

    private static int post(HttpClient http, Request line, Large one) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(line.url()).resolve(one.path()))
                .timeout(LONGEST)
                .header("Authorization", "Bearer " + line.key())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(one.body()))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    /** A body of the largest size, filled up in the place of {@code #}. */
    private static String full(String frame, String filling) {
        var room = BODY_BYTES_MAX - frame.length() + 1;
        return frame.replace("#", filling.repeat(room / filling.length()));
    }

    private static String prompt() {
        return full("{\"prompt\":\"#\"}", "word ");
    }

    private static String chat() {
        return full("{\"messages\":[{\"role\":\"user\",\"content\":\"#\"}]}", "word ");
    }

    private static String arguments() {
        return full(
                "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
                        + "\"{\\\"a\\\":[{}#]}\"}}]}]}",
                ",{}");
    }

    private static String manyMessages() {
        return "{\"messages\":["
                + String.join(
                        ",",
                        IntStream.range(0, 14_000)
                                .mapToObj(_ -> "{\"role\":\"user\",\"content\":\"x\"}")
                                .toList())
                + "]}";
    }

    private static String manyTokens() {
        return "{\"prompt\":[" + "1,".repeat(99_000) + "1]}";
    }

    private static String manyInputs() {
        return "{\"input\":["
                + String.join(
                        ",",
                        IntStream.range(0, 128).mapToObj(i -> "\"t" + i + "\"").toList())
                + "]}";
    }

    private static String manyReports() {
        return "{\"prompt\":\"A story:\",\"max_tokens\":40,\"logprobs\":20,\"temperature\":2}";
    }
}
