package omni.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import omni.fetch.FetchProtocol.Reason;

/** What a server answered after all redirects: the head, and a body that is read once. Close it. */
final class Answer implements AutoCloseable {
    private static final int TEXT_CHARACTERS_MAX = 1024;

    private final int status;
    private final URI uri;
    private final HttpHeaders headers;
    private final InputStream body;

    Answer(int status, URI uri, HttpHeaders headers, InputStream body) {
        this.status = status;
        this.uri = uri;
        this.headers = headers;
        this.body = body;
    }

    int status() {
        return status;
    }

    /** Who answered in the end. */
    URI uri() {
        return uri;
    }

    InputStream body() {
        return body;
    }

    /** The first value of a header, unless it is improbably long. */
    Optional<String> header(String name) {
        return headers.firstValue(name).filter(value -> value.length() <= TEXT_CHARACTERS_MAX);
    }

    /** Every value of a header, up to sixteen. */
    List<String> headers(String name) {
        return headers.allValues(name).stream().limit(16).toList();
    }

    /** Content-Length, where the server says it. */
    OptionalLong length() {
        return number(header("Content-Length").orElse(""));
    }

    /** A whole number of a header; nothing where the text is none, or too long to be one. */
    static OptionalLong number(String text) {
        return text.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
    }

    /** What a later If-Range may carry: a strong entity tag, else the date (RFC 9110, 13.1.5). */
    Optional<String> validator() {
        Optional<String> tag = header("ETag").filter(t -> t.startsWith("\"") && t.endsWith("\"") && t.length() > 2);
        return tag.isPresent()
                ? tag
                : header("Last-Modified").filter(date -> when(date).isPresent());
    }

    private static Optional<ZonedDateTime> when(String date) {
        try {
            return Optional.of(ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME));
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    /** Retry-After as a span: it is written in seconds or as a date (RFC 9110, 10.2.3); zero where there is none. */
    Duration retryAfter(InstantSource clock) {
        String text = header("Retry-After").orElse("");
        OptionalLong seconds = number(text);
        if (seconds.isPresent()) {
            return Duration.ofSeconds(Math.min(seconds.getAsLong(), Integer.MAX_VALUE));
        }
        Duration span = when(text)
                .map(date -> Duration.between(clock.instant(), date.toInstant()))
                .orElse(Duration.ZERO);
        return span.isNegative() ? Duration.ZERO : span;
    }

    /** The whole body, at most so many bytes. */
    byte[] all(int bytesMax, String what) throws IOException {
        byte[] bytes = body.readNBytes(bytesMax + 1);
        if (bytes.length > bytesMax) {
            throw new FetchException(
                    Reason.REFUSED, Address.host(uri) + " sent a " + what + " of more than " + bytesMax + " bytes.");
        }
        OptionalLong length = length();
        if (length.isPresent() && length.getAsLong() != bytes.length) {
            throw new IOException("the answer ended early");
        }
        return bytes;
    }

    /**
     * What an answer without what was asked for means.
     *
     * @param what the thing asked for, for people
     * @return where the server may think better of it: to be thrown
     * @throws FetchException where it will not
     */
    Again refusal(String what, InstantSource clock) {
        String host = Address.host(uri);
        return switch (status) {
            case 408, 425, 429, 500, 502, 503, 504 ->
                new Again(Reason.UNREACHABLE, host + " answers " + status + " for " + what, retryAfter(clock));
            case 401, 403 ->
                throw FetchException.unauthorized(
                        host,
                        host + " does not give " + what + " (" + status + "): "
                                + (header("X-Error-Code").orElse("").equals("GatedRepo")
                                        ? "accept the model's terms there in a browser, then "
                                        : "")
                                + "omni models login " + host + ".");
            case 404, 410 -> throw new FetchException(Reason.MISSING, host + " has no " + what + " (" + status + ").");
            default ->
                throw new FetchException(
                        Reason.REFUSED, host + " answers " + status + " for " + what + ": nothing was fetched.");
        };
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            System.getLogger("omni.fetch").log(System.Logger.Level.DEBUG, "A connection did not close", e);
        }
    }
}
