package omni.api;

import io.helidon.common.context.Context;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.media.MediaContext;
import io.helidon.service.registry.GlobalServiceRegistry;
import io.helidon.service.registry.ServiceRegistryConfig;
import io.helidon.service.registry.ServiceRegistryManager;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.Router;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * HTTP/1.1 by Helidon and one handler behind our own {@link Listener}: no discovery of features, media or encodings, and
 * errors before routing in OpenAI's shape as well.
 */
final class HttpServer implements AutoCloseable {
    private static final int HEADERS_BYTES_MAX = 16 * 1024;
    private static final int REQUEST_LINE_BYTES_MAX = 4 * 1024;
    private static final int RECEIVE_BUFFER_BYTES = 64 * 1024;
    /** Clients that wait to be accepted. */
    private static final int BACKLOG = 1024;

    /** Held so that its level stays: the log of Helidon's own connections is ours. */
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private final Listener listener;

    private HttpServer(Listener listener) {
        this.listener = listener;
    }

    /**
     * Listens; connections are accepted when this returns.
     *
     * @param certificate what to show to other machines; where there is none, they are not let in
     * @param given a socket that listens already, for this process and others; else one is made as configured
     * @throws UncheckedIOException where the address cannot be listened on
     */
    static HttpServer start(
            DaemonConfig config,
            Optional<ServerSocketChannel> given,
            Optional<DeviceCertificate> certificate,
            Handler handler,
            Sweeper sweeper) {
        HELIDON.setLevel(Level.WARNING);
        emptyRegistry();
        var context = context(config, handler);
        try {
            var channel = given.isPresent() ? given.get() : bind(config);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
            var listener = new Listener(
                    channel,
                    given.isPresent(),
                    config.reach(),
                    certificate.map(shown -> new Tls(shown, sweeper, config.requestTimeout())),
                    config.connectionsMax(),
                    context.executor(),
                    client -> new Wire(client, context, config.patience(), sweeper));
            context.router().beforeStart();
            listener.start();
            return new HttpServer(listener);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ServerSocketChannel bind(DaemonConfig config) throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(place(config), BACKLOG);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** One socket for all addresses, where there is more than the loopback: see {@link Reach}. */
    private static InetSocketAddress place(DaemonConfig config) throws IOException {
        return config.reach().beyondLoopback()
                ? new InetSocketAddress(config.port())
                : new InetSocketAddress(InetAddress.getByName(config.host()), config.port());
    }

    private static HttpContext context(DaemonConfig config, Handler handler) {
        var http = Http1ConnectionSelector.builder()
                .config(Http1Config.builder()
                        .maxHeadersSize(HEADERS_BYTES_MAX)
                        .maxPrologueLength(REQUEST_LINE_BYTES_MAX)
                        .sendKeepAliveHeader(false)
                        .build())
                .build();
        var settings = ListenerConfig.builder()
                .protocolsDiscoverServices(false)
                .mediaContext(MediaContext.builder()
                        .mediaSupportsDiscoverServices(false)
                        .build())
                .contentEncoding(ContentEncodingContext.builder()
                        .contentEncodingsDiscoverServices(false)
                        .build())
                .directHandlers(errors())
                .maxPayloadSize(config.bodyBytesMax())
                .build();
        var router =
                Router.builder().addRouting(HttpRouting.builder().any(handler)).build();
        var threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("omni-api-", 0).factory());
        return new HttpContext(http, settings, router, Context.create(), threads);
    }

    /** Helidon reads the metadata of all its jars for services to inject; there are none here, and it takes its time. */
    private static void emptyRegistry() {
        var nothing = ServiceRegistryConfig.builder()
                .discoverServices(false)
                .discoverServicesFromServiceLoader(false)
                .build();
        GlobalServiceRegistry.registry(ServiceRegistryManager.create(nothing).registry());
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return listener.address();
    }

    /** Leaves new connections to the next daemon, where another process keeps the socket for that one. */
    void leaveToNext() {
        listener.leaveToNext();
    }

    @Override
    public void close() {
        listener.close();
    }

    private static DirectHandlers errors() {
        var handlers = DirectHandlers.builder();
        for (var type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, HttpServer::error);
        }
        return handlers.build();
    }

    /** What a client gets whose request does not get as far as a route. The texts are ours: Helidon's quote the request. */
    private static DirectHandler.TransportResponse error(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType type,
            Status status,
            ServerResponseHeaders headers,
            String message) {
        var error = switch (status.code()) {
            case 413 -> ApiError.of(ErrorCode.BODY_TOO_LARGE, "The body is too large. Send a smaller one.");
            case 500, 503 -> ApiError.of(ErrorCode.INTERNAL_ERROR, "Something went wrong in Omni. The log says what.");
            default ->
                ApiError.of(
                        ErrorCode.INVALID_HTTP,
                        "This is not HTTP/1.1 as it should be. Check request line, headers and framing.");
        };
        return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .header(HeaderNames.SERVER, "omni")
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .header(HeaderValues.CONNECTION_CLOSE)
                .keepAlive(false)
                .entity(Json.bytes(error.body()))
                .build();
    }
}
