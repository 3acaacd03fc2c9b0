package omni.api;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * Reads request bodies within two bounds: the size of each, and the size of all that are read at once, so that many
 * clients together cannot use up the memory either. Safe for use by many threads.
 */
final class Bodies {
    private static final Duration WAIT_MAX = Duration.ofSeconds(5);
    private static final int UNIT_BYTES = 1024;

    private final Json json;
    private final int bytesMax;
    private final Semaphore units;
    private final Duration wait;

    Bodies(Json json, int bytesMax, int allBytesMax) {
        this(json, bytesMax, allBytesMax, WAIT_MAX);
    }

    Bodies(Json json, int bytesMax, int allBytesMax, Duration wait) {
        this.json = json;
        this.bytesMax = bytesMax;
        this.units = new Semaphore(Math.max(units(bytesMax), units(allBytesMax)));
        this.wait = wait;
    }

    /**
     * Reads a body and makes something of it; the memory counts as used until that is done.
     *
     * @throws ApiError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, RATE_LIMIT_EXCEEDED, INVALID_JSON or what {@code parse}
     *     throws
     * @throws ClientGone where the body ends early
     */
    <T> T read(ServerRequest request, Function<JsonNode, T> parse) {
        requireJson(request);
        var declared = request.headers().contentLength();
        if (declared.isPresent() && declared.getAsLong() > bytesMax) {
            throw tooLarge();
        }
        var taken = units(declared.isPresent() ? (int) declared.getAsLong() : bytesMax);
        take(taken);
        try {
            return parse.apply(json.object(bytes(request)));
        } finally {
            units.release(taken);
        }
    }

    private byte[] bytes(ServerRequest request) {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        var body = new ByteArrayOutputStream();
        var buffer = new byte[8192];
        try (var in = request.content().inputStream()) {
            for (var n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (body.size() + n > bytesMax) {
                    throw tooLarge();
                }
                body.write(buffer, 0, n);
            }
        } catch (InsufficientDataAvailableException e) {
            throw gone(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return body.toByteArray();
    }

    private static ClientGone gone(InsufficientDataAvailableException e) {
        Log.debug("a client left in the middle of its request", e);
        return new ClientGone();
    }

    private void take(int count) {
        try {
            if (!units.tryAcquire(count, wait.toMillis(), TimeUnit.MILLISECONDS)) {
                throw ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED, 1, "Too much is being sent at once. Try again later.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.later(ErrorCode.SERVER_STOPPING, EngineLink.AWAY_SECONDS, "The daemon stops.", e);
        }
    }

    private ApiError tooLarge() {
        return ApiError.of(
                ErrorCode.BODY_TOO_LARGE, "The body is larger than " + bytesMax + " bytes. Send a smaller one.");
    }

    private static void requireJson(ServerRequest request) {
        var type = request.headers()
                .value(HeaderNames.CONTENT_TYPE)
                .map(value -> value.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .orElse("");
        if (!type.equals("application/json")) {
            throw ApiError.of(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "The body must be JSON. Send it with the header Content-Type: application/json.");
        }
    }

    private static int units(int bytes) {
        return Math.max(1, (bytes + UNIT_BYTES - 1) / UNIT_BYTES);
    }
}
