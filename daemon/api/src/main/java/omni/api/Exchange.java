package omni.api;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.Priority;
import omni.engine.EngineProtocol.Usage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One request and its response, with what the access log will say of them. For one thread. */
final class Exchange {
    private static final String NO_KEY = "-";
    private static final String JSON = "application/json";
    /** More than there can be: {@link LabelPairs} bounds it. */
    private static final int SCRAPE_BYTES_MAX = 512 * 1024;

    private static final HeaderName ANTHROPIC_VERSION = HeaderNames.create("anthropic-version");

    private final ServerRequest request;
    private final ServerResponse response;
    private final Wire wire;
    private final Bodies bodies;
    private final String id = Ids.request();
    private final long startedNanos = System.nanoTime();

    private String route = "-";
    private List<String> pathValues = List.of();
    private String key = NO_KEY;
    private Optional<KeyStore.Entry> entry = Optional.empty();
    private Optional<Kept> kept = Optional.empty();
    private LongConsumer spent = _ -> {};
    private int status;
    private boolean bodyRead;
    private boolean streaming;
    private boolean unfinished;
    private String outcome = "broken";
    private @Nullable Usage usage;
    private Optional<String> model = Optional.empty();
    private Optional<Runnable> afterwards = Optional.empty();
    private Optional<Runnable> before = Optional.empty();

    Exchange(ServerRequest request, ServerResponse response, Wire wire, Bodies bodies) {
        this.request = request;
        this.response = response;
        this.wire = wire;
        this.bodies = bodies;
    }

    Method method() {
        return request.prologue().method();
    }

    /** Path of the request, decoded. */
    String path() {
        return request.path().path();
    }

    /** What follows the path, of which the route knows these names; see {@link Query#read}. */
    Query query(List<String> known) {
        return Query.read(request.query().rawValue(), known);
    }

    /** Whether it came by TLS; all else comes over this machine's loopback. */
    boolean secure() {
        return request.isSecure();
    }

    Optional<String> header(HeaderName name) {
        return request.headers().value(name);
    }

    Wire wire() {
        return wire;
    }

    /** Whose API it speaks. */
    Dialect dialect() {
        return Dialect.of(path(), header(ANTHROPIC_VERSION).isPresent());
    }

    /** An error in the form of the request's dialect. */
    ObjectNode error(ApiError error) {
        return dialect().body(error, id);
    }

    /** Since it came. */
    long elapsedNanos() {
        return System.nanoTime() - startedNanos;
    }

    /** The route it takes: named in the log, where the path itself, which may hold anything, is not. */
    void route(Route taken) {
        route = taken.pattern();
        pathValues = taken.match(path()).orElseThrow();
    }

    /** What stands in the path for the parts of the route in braces, in order. */
    List<String> pathValues() {
        return pathValues;
    }

    /**
     * Names the key, for the log by its id.
     *
     * @param keptForKey what the vault keeps, as far as that key may have it
     * @param spentByKey counts tokens that are computed for it
     */
    void key(KeyStore.Entry given, Kept keptForKey, LongConsumer spentByKey) {
        key = given.id();
        entry = Optional.of(given);
        kept = Optional.of(keptForKey);
        spent = spentByKey;
    }

    /** The key that it came with. */
    KeyStore.Entry entry() {
        return entry.orElseThrow(() -> new IllegalStateException("It came with no key"));
    }

    /** What its key may. */
    KeyRights rights() {
        return entry().rights();
    }

    /** Counts tokens that were computed for it as its key's. */
    void spent(long tokens) {
        spent.accept(tokens);
    }

    /** What the vault keeps, for the key that it came with. */
    Kept kept() {
        return kept.orElseThrow(() -> new IllegalStateException("It came with no key"));
    }

    /** The id of the key that it came with. */
    String key() {
        return key;
    }

    /** Who asks, as the engine knows it, as urgent as the key's requests may be. */
    Caller caller() {
        return new Caller(key, entry.map(KeyStore.Entry::priority).orElse(Priority.NORMAL));
    }

    /** The model that it is about, which there is. */
    void model(Model found) {
        model = Optional.of(found.name());
    }

    /** Counts how it ended. */
    void count(Metrics metrics) {
        metrics.request(model, key.equals(NO_KEY) ? Optional.empty() : Optional.of(key), outcome);
    }

    /** Counts for the log. */
    void usage(Usage counts) {
        usage = counts;
    }

    /** Whether the response has begun, so that an error can only be told within it. */
    boolean streaming() {
        return streaming;
    }

    /** Reads the body; the client may then take its time to wait. */
    <T> Held<T> body(Function<Json.Body, T> parse) {
        var read = bodies.read(request, parse);
        bodyRead = true;
        wire.answering();
        return read;
    }

    /** Takes memory for so many bytes of text that come from elsewhere, as for a body. */
    Memory.Share room(int bytes) {
        return bodies.room(bytes);
    }

    /** Takes memory for a page of what the vault keeps. */
    Memory.Share pageRoom() {
        return bodies.pageRoom();
    }

    /**
     * Sends what the vault keeps, as JSON: memory for the largest page is taken before it is read, and while it is sent, which may
     * be long, for its bytes alone.
     */
    void page(Supplier<? extends JsonNode> read) {
        try (var room = pageRoom()) {
            var bytes = Json.bytes(read.get());
            room.shrink(bytes.length);
            send(Status.OK_200, bytes);
        }
    }

    /** Reads a body that is a secret of up to so many bytes; see {@link Secret#read}. */
    Secret secret(int bytesMax) {
        var read = Secret.read(request, bytesMax);
        bodyRead = true;
        wire.answering();
        return read;
    }

    /** Has something done when the answer is out and in the log, or could not be sent. */
    void afterwards(Runnable work) {
        afterwards = Optional.of(work);
    }

    /** Has something done before the first byte of the answer, be it an error. */
    void before(Runnable work) {
        before = Optional.of(work);
    }

    /** Sends a JSON response. */
    void json(JsonNode body) {
        json(Status.OK_200, body);
    }

    private void json(Status code, JsonNode body) {
        send(code, Json.bytes(body));
    }

    /** Sends a text. */
    void text(String text) {
        send(Status.OK_200, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends what Prometheus reads; memory for it is taken before it is written. */
    void scrape(Metrics metrics) {
        try (var room = room(SCRAPE_BYTES_MAX)) {
            var out = new ByteArrayOutputStream();
            metrics.scrape(out);
            room.shrink(out.size());
            send(Status.OK_200, "text/plain; version=0.0.4; charset=utf-8", out.toByteArray());
        }
    }

    private void send(Status code, byte[] bytes) {
        send(code, JSON, bytes);
    }

    private void send(Status code, String type, byte[] bytes) {
        status = code.code();
        head(code).header(HeaderNames.CONTENT_TYPE, type);
        if (method().equals(Method.HEAD)) {
            response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(bytes.length));
            response.send();
        } else {
            response.send(bytes);
        }
    }

    /** Sends a JSON response of any status. */
    void json(int code, JsonNode body) {
        json(Status.create(code), body);
    }

    /**
     * Sends a file of this program, piece by piece: whoever asks for many at once, and reads none, takes no heap by it.
     *
     * @param file is read to its end; the caller closes it
     */
    void file(String type, Map<HeaderName, String> headers, InputStream file) throws IOException {
        status = Status.OK_200.code();
        var head = head(Status.OK_200).header(HeaderNames.CONTENT_TYPE, type);
        headers.forEach(head::header);
        if (method().equals(Method.HEAD)) {
            head.header(HeaderNames.CONTENT_LENGTH, Long.toString(file.transferTo(OutputStream.nullOutputStream())));
            head.send();
            return;
        }
        streaming = true;
        unfinished = true;
        try (var out = head.outputStream()) {
            file.transferTo(out);
        }
    }

    /** A JSON response that is written while it is made. */
    Spool spool() {
        return new Spool(this::begin, this::whole);
    }

    /** Begins a response of lines, JSON each; it is whole when that is closed. */
    OutputStream lines() {
        return begin("application/jsonl");
    }

    private OutputStream begin() {
        return begin(JSON);
    }

    private OutputStream begin(String type) {
        status = Status.OK_200.code();
        streaming = true;
        unfinished = true;
        return head(Status.OK_200).header(HeaderNames.CONTENT_TYPE, type).outputStream();
    }

    private void whole(byte[] bytes) {
        status = Status.OK_200.code();
        head(Status.OK_200).header(HeaderNames.CONTENT_TYPE, JSON).send(bytes);
    }

    /** Whether the response has begun in a form that has no place for an error: it can only be broken off. */
    boolean unfinished() {
        return unfinished;
    }

    /** Begins a response of server-sent events. */
    EventStream events() {
        status = Status.OK_200.code();
        streaming = true;
        head(Status.OK_200)
                .header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                .header(HeaderNames.CACHE_CONTROL, "no-cache");
        OutputStream out = response.outputStream();
        return new EventStream(out);
    }

    /** Begins a response of lines that has a place for an error: a line of its own. */
    LineStream lineStream() {
        status = Status.OK_200.code();
        streaming = true;
        return new LineStream(head(Status.OK_200)
                .header(HeaderNames.CONTENT_TYPE, "application/x-ndjson")
                .outputStream());
    }

    /**
     * Sends an error; where its body was not read, the connection ends with it.
     *
     * @throws CloseConnectionException then
     */
    void fail(ApiError error) {
        outcome(error.code().code());
        error.retryAfterSeconds()
                .ifPresent(seconds -> response.header(HeaderNames.RETRY_AFTER, Integer.toString(seconds)));
        error.allow().ifPresent(methods -> response.header(HeaderNames.ALLOW, methods));
        if (error.code().status() == Status.UNAUTHORIZED_401.code()) {
            response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"omni\"");
        }
        var close = !bodyRead && request.content().hasEntity();
        if (close) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        json(dialect().status(error.code()), error(error));
        if (close) {
            throw new CloseConnectionException("The body of a refused request was not read");
        }
    }

    /** Refuses a body where a route takes none. */
    void withoutBody() {
        if (request.content().hasEntity()) {
            throw ApiError.of(ErrorCode.INVALID_VALUE, "This route takes no body. Send the request without one.");
        }
        wire.answering();
    }

    /** How it went, for the log; whoever sends something says it before. */
    void outcome(String word) {
        outcome = word;
    }

    /** Tells the connection that the answer is out, and writes the line of the access log. */
    void end() {
        wire.answered(request.headers().containsToken(HeaderValues.CONNECTION_CLOSE));
        var millis = (System.nanoTime() - startedNanos) / 1_000_000;
        var counts = usage;
        Log.info("http " + method().text() + " " + route + " " + status + " " + outcome + " " + millis + "ms key=" + key
                + " prompt_tokens=" + (counts == null ? 0 : counts.promptTokens())
                + " completion_tokens=" + (counts == null ? 0 : counts.completionTokens())
                + (counts == null ? "" : timings(counts))
                + " request=" + id);
        afterwards.ifPresent(Runnable::run);
    }

    private static String timings(Usage counts) {
        return " cached_tokens=" + counts.cachedTokens() + " load_ms=" + Math.round(counts.loadMillis()) + " queue_ms="
                + Math.round(counts.queueMillis()) + " prompt_ms=" + Math.round(counts.promptMillis())
                + " completion_ms=" + Math.round(counts.completionMillis());
    }

    private ServerResponse head(Status code) {
        before.ifPresent(Runnable::run);
        if (dialect() == Dialect.ANTHROPIC) {
            response.header(HeaderNames.create("request-id"), id);
        }
        return response.status(code)
                .header(HeaderNames.SERVER, "omni")
                .header(HeaderNames.create("x-request-id"), id)
                .header(HeaderNames.create("x-content-type-options"), "nosniff");
    }
}
