package omni.measure;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import omni.measure.MeasureException.Kind;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks one server and notes when each piece of the answer comes. HTTP/1.1, no proxy, no redirects. Any thread may ask; {@link
 * #close} ends all that is asked.
 */
final class StreamClient implements AutoCloseable {
    private static final int REFUSAL_BYTES_MAX = 8 << 10;
    private static final int LIST_BYTES_MAX = 1 << 20;
    private static final int PIECES_MAX = 1 << 20;
    private static final int NESTING_MAX = 64;
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final String STANDING_QUESTION = "Go on.";

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(NESTING_MAX)
                            .build())
                    .build())
            .build();

    private final Target target;
    private final Duration timeout;
    private final boolean chat;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(CONNECT)
            .build();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Opens no connection yet.
     *
     * @param timeout for one answer
     * @param chat whether prompts are chats; else they are texts to be continued
     */
    StreamClient(Target target, Duration timeout, boolean chat) {
        this.target = target;
        this.timeout = timeout;
        this.chat = chat;
    }

    /**
     * The one model that the server has.
     *
     * @throws MeasureException where it has none, or several, which it names
     */
    String soleModel() {
        return within(() -> {
            var response =
                    http.send(request("/v1/models").GET().timeout(timeout).build(), BodyHandlers.ofInputStream());
            try (var body = response.body()) {
                check(response, body);
                var names = new ArrayList<String>();
                for (var model : parse(body.readNBytes(LIST_BYTES_MAX)).path("data")) {
                    names.add(model.path("id").asString(""));
                }
                if (names.size() != 1 || names.getFirst().isEmpty()) {
                    throw new MeasureException(
                            Kind.INVALID,
                            "the server has " + names.size() + " models: name one"
                                    + (names.isEmpty() ? "." : " of " + listed(names) + "."));
                }
                return names.getFirst();
            }
        });
    }

    /**
     * Asks, and waits for the whole answer.
     *
     * @throws MeasureException where no answer comes that can be measured
     */
    Answer ask(String model, Question question) {
        return within(() -> exchange(model, question));
    }

    /** Asks all at once; the answers are in the order of the questions. */
    List<Answer> askAll(String model, List<Question> questions) {
        var asked = new ArrayList<Future<Answer>>();
        for (var question : questions) {
            asked.add(submit(() -> exchange(model, question)));
        }
        var until = System.nanoTime() + timeout.toNanos();
        try {
            var answers = new ArrayList<Answer>();
            for (var one : asked) {
                answers.add(await(one, Math.max(0, until - System.nanoTime())));
            }
            return answers;
        } finally {
            asked.forEach(one -> one.cancel(true));
        }
    }

    /** Ends all that is asked: it fails. */
    @Override
    public void close() {
        http.shutdownNow();
        workers.shutdownNow();
    }

    private <T> T within(Callable<T> work) {
        var future = submit(work);
        try {
            return await(future, timeout.toNanos());
        } finally {
            future.cancel(true);
        }
    }

    private <T> Future<T> submit(Callable<T> work) {
        try {
            return workers.submit(work);
        } catch (RejectedExecutionException e) {
            throw new MeasureException(Kind.UNUSABLE, "stopped", e);
        }
    }

    private <T> T await(Future<T> future, long nanos) {
        try {
            return future.get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new MeasureException(
                    Kind.TIMEOUT, target.name() + ": no whole answer within " + timeout.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MeasureException(Kind.UNUSABLE, "stopped", e);
        } catch (ExecutionException e) {
            throw translated(e);
        }
    }

    private MeasureException translated(ExecutionException thrown) {
        return switch (thrown.getCause()) {
            case MeasureException e -> new MeasureException(e.kind(), target.name() + ": " + e.getMessage(), e);
            case HttpConnectTimeoutException e -> unreachable("nobody answers at", e);
            case ConnectException e -> unreachable("no connection to", e);
            case IOException e ->
                new MeasureException(
                        Kind.UNREACHABLE,
                        target.name() + ": the connection broke: "
                                + Texts.shortened(String.valueOf(e.getMessage()), 200),
                        e);
            case InterruptedException e -> new MeasureException(Kind.UNUSABLE, "stopped", e);
            case null, default -> throw new IllegalStateException("a request failed in an unforeseen way", thrown);
        };
    }

    private MeasureException unreachable(String what, IOException cause) {
        return new MeasureException(
                Kind.UNREACHABLE,
                target.name() + ": " + what + " " + Texts.safe(target.url()) + "; is the server started?",
                cause);
    }

    private HttpRequest.Builder request(String route) {
        var request = HttpRequest.newBuilder(target.route(route)).header("User-Agent", "omni-bench");
        target.key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
        return request;
    }

    private Answer exchange(String model, Question question) throws IOException, InterruptedException {
        var request = request(chat ? "/v1/chat/completions" : "/v1/completions")
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("Accept", "text/event-stream")
                .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body(model, question))))
                .build();
        var start = System.nanoTime();
        var response = http.send(request, BodyHandlers.ofInputStream());
        try (var body = response.body()) {
            check(response, body);
            if (!response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream")) {
                throw new MeasureException(Kind.UNUSABLE, "the answer is no stream of events");
            }
            return read(start, new EventLines(body));
        }
    }

    private ObjectNode body(String model, Question question) {
        var body = JSON.createObjectNode();
        body.put("model", model);
        if (chat) {
            var messages = body.putArray("messages");
            messages.addObject()
                    .put("role", question.standing() ? "system" : "user")
                    .put("content", question.text());
            if (question.standing()) {
                messages.addObject().put("role", "user").put("content", STANDING_QUESTION);
            }
        } else {
            body.put("prompt", question.text());
        }
        body.put("max_tokens", question.tokens()).put("temperature", 0).put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        body.setAll(target.extra());
        return body;
    }

    private static Answer read(long start, EventLines events) throws IOException {
        var pieces = new ArrayList<Long>();
        JsonNode usage = JSON.createObjectNode();
        for (var data = events.next(); data.isPresent() && !data.get().equals("[DONE]"); data = events.next()) {
            var now = System.nanoTime();
            var event = parse(data.get().getBytes(StandardCharsets.UTF_8));
            if (event.has("error")) {
                throw new MeasureException(Kind.UNUSABLE, "the answer broke off: " + message(event));
            } else if (hasText(event.path("choices").path(0))) {
                pieces.add(now);
            }
            if (event.path("usage").isObject()) {
                usage = event.path("usage");
            }
            if (pieces.size() > PIECES_MAX) {
                throw new MeasureException(Kind.UNUSABLE, "the answer has too many pieces");
            }
        }
        if (pieces.isEmpty()) {
            throw new MeasureException(Kind.UNUSABLE, "the answer has no text");
        } else if (!usage.path("completion_tokens").isIntegralNumber()) {
            throw new MeasureException(
                    Kind.UNUSABLE, "the answer does not say how many tokens it has (stream_options.include_usage)");
        }
        var cached = usage.path("prompt_tokens_details").path("cached_tokens");
        return new Answer(
                start,
                List.copyOf(pieces),
                usage.path("prompt_tokens").asLong(0),
                cached.isIntegralNumber() ? OptionalLong.of(cached.asLong()) : OptionalLong.empty(),
                usage.path("completion_tokens").asLong());
    }

    /** Whether there is something to read in it, thoughts included: a role alone is no text. */
    private static boolean hasText(JsonNode choice) {
        var delta = choice.path("delta");
        return !choice.path("text").asString("").isEmpty()
                || !delta.path("content").asString("").isEmpty()
                || !delta.path("reasoning_content").asString("").isEmpty()
                || !delta.path("reasoning").asString("").isEmpty();
    }

    private static void check(HttpResponse<?> response, InputStream body) throws IOException {
        var status = response.statusCode();
        if (status == 200) {
            return;
        }
        var said = body.readNBytes(REFUSAL_BYTES_MAX);
        var kind = status == 429 || status == 503 ? Kind.BUSY : status < 500 ? Kind.REFUSED : Kind.UNUSABLE;
        throw new MeasureException(kind, "the server answers " + status + ": " + reason(said));
    }

    private static String reason(byte[] said) {
        try {
            return message(parse(said));
        } catch (MeasureException _) {
            return Texts.shortened(new String(said, StandardCharsets.UTF_8), 300);
        }
    }

    private static String message(JsonNode said) {
        var error = said.path("error");
        var text = error.isString() ? error.asString() : error.path("message").asString("");
        return Texts.shortened(text.isEmpty() ? said.toString() : text, 300);
    }

    private static JsonNode parse(byte[] text) {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new MeasureException(Kind.UNUSABLE, "what the server says is no JSON", e);
        }
    }

    private static String listed(List<String> names) {
        var few = names.stream().limit(20).map(n -> Texts.shortened(n, 80)).toList();
        return String.join(", ", few) + (names.size() > few.size() ? ", …" : "");
    }
}
