package omni.measure;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A real HTTP server that speaks OpenAI's dialect, with a model that says "word" and a tokenizer that the test chooses. */
final class FakeServer implements AutoCloseable {
    /** Says nothing more, until the server ends. */
    static final String SILENT = "silent";

    static final String BREAKS_OFF = "breaks off";
    static final String WITHOUT_USAGE = "without usage";
    static final String WITHOUT_TEXT = "without text";
    static final String NO_STREAM = "no stream";
    static final String LONG_LINE = "long line";

    final List<ObjectNode> asked = new CopyOnWriteArrayList<>();
    final List<String> keys = new CopyOnWriteArrayList<>();
    final AtomicInteger most = new AtomicInteger();
    volatile ToIntFunction<String> tokenizer = text -> text.split("[ \n]+", -1).length;
    volatile List<String> models = List.of("one");
    volatile int status = 200;
    volatile String manner = "";
    /** How many requests must be there before any is answered. */
    volatile int together = 1;

    private final AtomicInteger now = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    FakeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/v1/models", this::list);
        server.createContext("/v1/completions", this::answer);
        server.createContext("/v1/chat/completions", this::answer);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    Target target(String name) {
        return new Target(
                name,
                url(),
                Optional.of("a-secret-key"),
                Optional.empty(),
                Optional.empty(),
                JsonMapper.shared().createObjectNode(),
                Set.of());
    }

    private void list(HttpExchange exchange) throws IOException {
        var json = JsonMapper.shared().createObjectNode();
        var data = json.putArray("data");
        models.forEach(model -> data.addObject().put("id", model));
        reply(exchange, json);
    }

    private void reply(HttpExchange exchange, JsonNode json) throws IOException {
        var bytes = json.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Location", url() + "/elsewhere");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        var body = (ObjectNode) JsonMapper.shared().readTree(exchange.getRequestBody());
        asked.add(body);
        keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        if (status != 200) {
            var json = JsonMapper.shared().createObjectNode();
            json.putObject("error").put("message", "because\u001b[31m");
            reply(exchange, json);
            return;
        }
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        if (together > 1) {
            Await.until("all are here", () -> most.get() >= together);
        }
        try (exchange;
                var out = exchange.getResponseBody()) {
            exchange.getResponseHeaders()
                    .set("Content-Type", manner.equals(NO_STREAM) ? "application/json" : "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            stream(out, body);
        } finally {
            now.decrementAndGet();
        }
    }

    private void stream(OutputStream out, ObjectNode body) throws IOException {
        var text = text(body);
        event(out, "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}");
        if (manner.equals(SILENT)) {
            silence();
        } else if (manner.equals(LONG_LINE)) {
            event(out, "x".repeat(EventLines.LINE_BYTES_MAX));
        }
        var tokens = body.path("max_tokens").asInt();
        for (int i = 0; i < tokens; i++) {
            var piece = manner.equals(WITHOUT_TEXT) ? "" : "word ";
            event(
                    out,
                    body.has("prompt")
                            ? "{\"choices\":[{\"index\":0,\"text\":\"" + piece + "\"}]}"
                            : "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + piece + "\"}}]}");
            if (manner.equals(BREAKS_OFF)) {
                event(out, "{\"error\":{\"message\":\"out of memory\"}}");
            }
        }
        if (!manner.equals(WITHOUT_USAGE)) {
            event(
                    out,
                    "{\"choices\":[],\"usage\":{\"prompt_tokens\":" + tokenizer.applyAsInt(text)
                            + ",\"completion_tokens\":" + tokens
                            + ",\"prompt_tokens_details\":{\"cached_tokens\":2}}}");
        }
        event(out, "[DONE]");
    }

    /** The prompt of a request, of whichever kind. */
    static String text(JsonNode body) {
        if (body.has("prompt")) {
            return body.path("prompt").asString();
        }
        var parts = new ArrayList<String>();
        body.path("messages").forEach(m -> parts.add(m.path("content").asString()));
        return String.join(" ", parts);
    }

    private void silence() {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void event(OutputStream out, String data) throws IOException {
        out.write((": a comment\n" + "data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() {
        over.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
