package omni.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import omni.fetch.FetchProtocol.Reason;

/**
 * Asks servers with {@code java.net.http}, and adds what that leaves to its user: redirects by our rules, bodies that may
 * not stall, headers of bounded size. HTTP/1.1 only: each part of a file is to have a connection of its own. No proxy but
 * the one of {@code omni.toml}: neither the environment's nor the system properties' counts. Thread-safe.
 */
final class Http implements AutoCloseable {
    static final int REDIRECTS_MAX = 10;
    static final int HEADER_BYTES_MAX = 64 << 10;

    private static final int ASKED_MAX = 3;

    /** A body that brings less than this in the time of a stall has stalled. */
    static final int STALL_BYTES = 4096;

    static {
        // Read once, when the first client is made; there is no other way to say it (module java.net.http, properties).
        System.setProperty("jdk.http.maxHeaderSize", String.valueOf(HEADER_BYTES_MAX));
    }

    private final HttpClient client;
    private final Patience patience;
    private final InstantSource clock;
    private final Set<Body> open = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("stalls").factory());

    /**
     * Opens no connection yet.
     *
     * @param proxy the proxy's host and port, where there is one
     * @param trust whom to believe; by default whom Java believes
     */
    Http(Patience patience, Optional<InetSocketAddress> proxy, Optional<SSLContext> trust, InstantSource clock) {
        this.patience = patience;
        this.clock = clock;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.connect())
                .proxy(proxy.map(ProxySelector::of).orElse(HttpClient.Builder.NO_PROXY));
        trust.ifPresent(builder::sslContext);
        this.client = builder.build();
        long millis = Math.clamp(patience.stall().toMillis() / 4, 20, 5000);
        var _ = watch.scheduleWithFixedDelay(() -> open.forEach(Body::look), millis, millis, TimeUnit.MILLISECONDS);
    }

    Patience patience() {
        return patience;
    }

    InstantSource clock() {
        return clock;
    }

    /**
     * Gets an address, through redirects.
     *
     * @param authorization goes to the address's own server and to no other
     * @throws IOException where the network failed
     */
    Answer get(URI address, Map<String, String> headers, Optional<String> authorization, Cancellation cancellation)
            throws IOException {
        URI at = Address.allowed(address);
        for (int redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
            cancellation.check();
            HttpRequest.Builder request = HttpRequest.newBuilder(at)
                    .timeout(patience.stall())
                    .header("User-Agent", "omni")
                    .header("Accept-Encoding", "identity");
            headers.forEach(request::header);
            if (Address.sameServer(at, address)) {
                authorization.ifPresent(value -> request.header("Authorization", value));
            }
            HttpResponse<InputStream> response = send(request.build(), cancellation);
            Answer answer = new Answer(
                    response.statusCode(), at, response.headers(), new Body(response.body(), patience.stall()));
            Optional<String> location = response.headers().firstValue("Location");
            boolean moved = switch (answer.status()) {
                case 301, 302, 303, 307, 308 -> true;
                default -> false;
            };
            if (!moved || location.isEmpty()) {
                return answer;
            }
            answer.close();
            at = Address.redirect(at, location.get());
        }
        throw new FetchException(
                Reason.REFUSED, Address.host(address) + " redirects more than " + REDIRECTS_MAX + " times.");
    }

    private HttpResponse<InputStream> send(HttpRequest request, Cancellation cancellation) throws IOException {
        CompletableFuture<HttpResponse<InputStream>> reply =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
        try (Cancellation.Hold _ = cancellation.onCancel(() -> reply.cancel(true))) {
            return reply.get();
        } catch (CancellationException _) {
            throw FetchException.cancelled();
        } catch (ExecutionException e) {
            cancellation.check(); // the client tells of a cancelled request in more than one way
            if (e.getCause() instanceof ConnectException || e.getCause() instanceof HttpConnectTimeoutException) {
                throw new ConnectException("no connection to " + Address.host(request.uri()));
            }
            if (e.getCause() instanceof IOException failed) {
                throw failed;
            }
            throw new IOException("the request failed", e);
        } catch (InterruptedException e) {
            reply.cancel(true);
            Thread.currentThread().interrupt();
            throw FetchException.cancelled();
        }
    }

    /** The bytes of a small thing, tried until it works; an answer other than 200 is an error. */
    byte[] small(
            URI address, Map<String, String> headers, Authorizer authorizer, int bytesMax, String what, Asker asker) {
        return patience.persist(asker, () -> {
            try (Answer answer = authorized(address, headers, authorizer, asker.cancellation())) {
                if (answer.status() != 200) {
                    throw answer.refusal(what, clock);
                }
                return answer.all(bytesMax, what);
            }
        });
    }

    /**
     * Gets an address, and again where the server wanted a token first and one could be had.
     *
     * @throws Again where the server refuses the tokens that it gave: others may have used them up meanwhile
     */
    Answer authorized(URI address, Map<String, String> headers, Authorizer authorizer, Cancellation cancellation)
            throws IOException, Again {
        for (int asked = 1; ; asked++) {
            Optional<String> used = authorizer.header();
            Answer answer = get(address, headers, used, cancellation);
            if (answer.status() != 401 || !authorizer.answer(answer, used, cancellation)) {
                return answer;
            }
            answer.close();
            if (asked == ASKED_MAX) {
                throw new Again(
                        Reason.UNAUTHORIZED, Address.host(address) + " refuses the token that it gave", Duration.ZERO);
            }
        }
    }

    @Override
    public void close() {
        watch.shutdownNow();
        open.forEach(Body::close);
        client.shutdownNow();
    }

    /** A body that a watch closes when too little comes. */
    private final class Body extends InputStream {
        private final InputStream in;
        private final Duration stall;
        private final AtomicLong count = new AtomicLong();
        private volatile boolean stalled;
        // The watch's own.
        private long windowStart = System.nanoTime();
        private long windowCount;

        Body(InputStream in, Duration stall) {
            this.in = in;
            this.stall = stall;
            open.add(this);
        }

        private void look() {
            long now = System.nanoTime();
            if (now - windowStart < stall.toNanos()) {
                return;
            }
            long counted = count.get();
            if (counted - windowCount < STALL_BYTES) {
                stalled = true;
                close();
            }
            windowStart = now;
            windowCount = counted;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int got;
            try {
                got = in.read(bytes, offset, length);
            } catch (IOException e) {
                throw stalled ? new IOException("it stalled", e) : e;
            }
            if (got < 0 && stalled) {
                throw new IOException("it stalled");
            }
            count.addAndGet(Math.max(0, got));
            return got;
        }

        @Override
        public void close() {
            open.remove(this);
            try {
                in.close();
            } catch (IOException e) {
                System.getLogger("omni.fetch").log(System.Logger.Level.DEBUG, "A body did not close", e);
            }
        }
    }
}
