package omni.api;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/** The body of a request that is a secret: raw bytes, never a text, wiped when it is closed. For one thread. */
final class Secret implements AutoCloseable {
    private static final String TYPE = "application/octet-stream";

    private final byte[] bytes;
    private final int count;

    private Secret(byte[] bytes, int count) {
        this.bytes = bytes;
        this.count = count;
    }

    /**
     * Reads it.
     *
     * @throws ApiError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, or INVALID_VALUE where it is empty
     * @throws ClientGone where the body ends early
     */
    static Secret read(ServerRequest request, int bytesMax) {
        requireType(request);
        if (request.headers().contentLength().orElse(0) > bytesMax) {
            throw tooLarge(bytesMax);
        }
        var bytes = new byte[bytesMax + 1];
        var whole = false;
        try {
            var count = fill(request, bytes);
            if (count > bytesMax) {
                throw tooLarge(bytesMax);
            }
            if (count == 0) {
                throw ApiError.of(ErrorCode.INVALID_VALUE, "The body is empty. Send the password's bytes.");
            }
            whole = true;
            return new Secret(bytes, count);
        } finally {
            if (!whole) {
                Arrays.fill(bytes, (byte) 0);
            }
        }
    }

    private static int fill(ServerRequest request, byte[] bytes) {
        if (!request.content().hasEntity()) {
            return 0;
        }
        try (var in = request.content().inputStream()) {
            return in.readNBytes(bytes, 0, bytes.length);
        } catch (InsufficientDataAvailableException e) {
            Log.debug("a client left in the middle of its request", e);
            throw new ClientGone();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void requireType(ServerRequest request) {
        var type = request.headers()
                .value(HeaderNames.CONTENT_TYPE)
                .map(value -> value.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .orElse("");
        if (!type.equals(TYPE)) {
            throw ApiError.of(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "The body must be the password's bytes. Send it with the header Content-Type: " + TYPE + ".");
        }
    }

    private static ApiError tooLarge(int bytesMax) {
        return ApiError.of(ErrorCode.BODY_TOO_LARGE, "This has at most " + bytesMax + " bytes.");
    }

    /** What came. */
    ByteBuffer bytes() {
        return ByteBuffer.wrap(bytes, 0, count);
    }

    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
    }
}
