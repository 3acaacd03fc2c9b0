package omni.api;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import omni.vault.KeptBounds;

/**
 * Reads request bodies within three bounds: the size of each, the size of all that are arriving, and the memory of all
 * that are being read and kept until the engine has taken them, so that many clients together cannot use up the heap
 * either. Safe for use by many threads.
 *
 * <p>Who has a share of {@link #kept} never waits for one of {@link #arriving}.
 */
final class Bodies {
    /**
     * Heap for bodies once they have arrived. With the bodies still arriving and what the daemon always needs it fits
     * the role's heap, 96 MiB; docs/decisions/0055.
     */
    static final long KEPT_BYTES_MAX = 36L * 1024 * 1024;

    /** Heap for a byte of a body while it is parsed: the bytes, the parser's text and the text made of it. */
    private static final int PARSING_FACTOR = 6;

    /** Heap for a byte afterwards: the messages, the prompt, the message to the engine. */
    private static final int KEPT_FACTOR = 4;

    /** Heap for a value, name or bracket. */
    private static final int TOKEN_BYTES = 64;

    private static final Duration WAIT_MAX = Duration.ofSeconds(5);
    private static final int PIECE_BYTES = 64 * 1024;

    private final Json json;
    private final int bytesMax;
    private final Memory arriving;
    private final Memory kept;

    Bodies(Json json, int bytesMax, int allBytesMax) {
        this.json = json;
        this.bytesMax = bytesMax;
        this.arriving = new Memory(Math.max(bytesMax, allBytesMax), WAIT_MAX);
        this.kept = new Memory(KEPT_BYTES_MAX, WAIT_MAX);
    }

    /**
     * Reads a body and makes something of it; the memory counts as used until that is closed.
     *
     * @throws ApiError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, RATE_LIMIT_EXCEEDED, INVALID_JSON or what {@code parse}
     *     throws
     * @throws ClientGone where the body ends early
     */
    <T> Held<T> read(ServerRequest request, Function<Json.Body, T> parse) {
        requireJson(request);
        var declared = request.headers().contentLength();
        if (declared.isPresent() && declared.getAsLong() > bytesMax) {
            throw tooLarge();
        }
        try (var _ = arriving.take(declared.orElse(bytesMax))) {
            return parsed(pieces(request), parse);
        }
    }

    private <T> Held<T> parsed(List<byte[]> pieces, Function<Json.Body, T> parse) {
        var bytes = pieces.stream().mapToLong(piece -> piece.length).sum();
        var share = kept.take(bytes * PARSING_FACTOR + Math.min(bytes, Json.TOKENS_MAX) * TOKEN_BYTES);
        var read = false;
        try {
            var body = json.object(stream(pieces));
            var value = parse.apply(body);
            share.shrink(bytes * KEPT_FACTOR + body.tokens() * TOKEN_BYTES);
            read = true;
            return new Held<>(value, share::close);
        } finally {
            if (!read) {
                share.close();
            }
        }
    }

    /**
     * Takes memory for so many bytes of text that do not come in a body, and are kept as it is.
     *
     * @throws ApiError RATE_LIMIT_EXCEEDED where it is not free in time
     */
    Memory.Share room(int bytes) {
        return kept.take(keptBytes(bytes));
    }

    /**
     * Takes memory for the largest page that the vault sends.
     *
     * @throws ApiError RATE_LIMIT_EXCEEDED where it is not free in time
     */
    Memory.Share pageRoom() {
        return kept.take(keptBytes(KeptBounds.PAGE_BYTES_MAX) + (long) KeptBounds.PAGE_TOKENS_MAX * TOKEN_BYTES);
    }

    /** Memory for so many bytes of text that are kept. */
    static long keptBytes(int bytes) {
        return (long) bytes * KEPT_FACTOR;
    }

    /** Bytes of memory that no body takes now. */
    long freeBytes() {
        return kept.freeBytes();
    }

    private List<byte[]> pieces(ServerRequest request) {
        if (!request.content().hasEntity()) {
            return List.of();
        }
        var pieces = new ArrayList<byte[]>();
        var left = bytesMax;
        try (var in = request.content().inputStream()) {
            for (var piece = in.readNBytes(PIECE_BYTES); piece.length > 0; piece = in.readNBytes(PIECE_BYTES)) {
                left -= piece.length;
                if (left < 0) {
                    throw tooLarge();
                }
                pieces.add(piece);
            }
        } catch (InsufficientDataAvailableException e) {
            throw gone(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pieces;
    }

    private static InputStream stream(List<byte[]> pieces) {
        var streams = pieces.stream().map(ByteArrayInputStream::new).toList();
        return new SequenceInputStream(Collections.enumeration(streams));
    }

    private static ClientGone gone(InsufficientDataAvailableException e) {
        Log.debug("a client left in the middle of its request", e);
        return new ClientGone();
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
}
