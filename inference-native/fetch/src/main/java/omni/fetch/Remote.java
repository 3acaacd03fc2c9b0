package omni.fetch;

import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One file at its source. Remembers where the source's address led, so that not every part asks it again, and asks again
 * when that place refuses: signed addresses expire. Thread-safe.
 */
final class Remote {
    private static final int ASKED_MAX = 3;

    private final Http http;
    private final URI origin;
    private final Authorizer authorizer;
    private final AtomicReference<Optional<URI>> led = new AtomicReference<>(Optional.empty());

    Remote(Http http, URI origin, Authorizer authorizer) {
        this.http = http;
        this.origin = origin;
        this.authorizer = authorizer;
    }

    /**
     * Asks for bytes {@code from} to {@code to}, both included.
     *
     * @param ifRange the version that they must be of, else the whole file comes (RFC 9110, 13.1.5)
     * @return the answer, whatever its status
     */
    Answer open(long from, long to, Optional<String> ifRange, Cancellation cancellation) throws IOException, Again {
        Map<String, String> headers = new HashMap<>();
        headers.put("Range", "bytes=" + from + "-" + to);
        ifRange.ifPresent(version -> headers.put("If-Range", version));
        for (int asked = 1; ; asked++) {
            Optional<URI> known = led.get();
            Answer answer;
            try {
                answer = known.isPresent()
                        ? http.get(known.get(), headers, Optional.empty(), cancellation)
                        : http.authorized(origin, headers, authorizer, cancellation);
            } catch (IOException e) {
                led.compareAndSet(known, Optional.empty());
                throw e;
            }
            boolean elsewhere = known.isPresent() || !answer.uri().equals(origin);
            boolean expired = elsewhere
                    && switch (answer.status()) {
                        case 400, 401, 403, 404, 410 -> true;
                        default -> false;
                    };
            if (expired) {
                led.compareAndSet(known, Optional.empty());
                if (asked < ASKED_MAX) {
                    answer.close();
                    continue;
                }
                if (answer.status() != 404 && answer.status() != 410) {
                    answer.close();
                    throw new Again(
                            Address.host(answer.uri()) + " refuses the address that " + Address.host(origin) + " gave");
                }
            }
            if (answer.status() < 300 && !Address.sameServer(answer.uri(), origin)) {
                led.set(Optional.of(answer.uri()));
            }
            return answer;
        }
    }
}
