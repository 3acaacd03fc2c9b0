package omni.api;

import io.helidon.common.socket.SocketOptions;
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
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Helidon's web server with nothing but HTTP/1.1 and one handler: no discovery of features, media or encodings, no
 * shutdown hook (the role is stopped by its process), and errors before routing in OpenAI's shape as well.
 */
final class HttpServer implements AutoCloseable {
    private static final int HEADERS_BYTES_MAX = 16 * 1024;
    private static final int REQUEST_LINE_BYTES_MAX = 4 * 1024;
    private static final int RECEIVE_BUFFER_BYTES = 64 * 1024;
    private static final Duration SHUTDOWN_GRACE = Duration.ofMillis(250);

    private final WebServer server;

    /** Held so that its level stays: Helidon tells of every start and stop, which the role does itself. */
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private HttpServer(WebServer server) {
        this.server = server;
    }

    /**
     * Listens; returns when connections are accepted.
     *
     * @throws UncheckedIOException where the address cannot be listened on
     */
    static HttpServer start(DaemonConfig config, Handler handler, Sweeper sweeper) {
        HELIDON.setLevel(Level.WARNING);
        emptyRegistry();
        var http = Http1ConnectionSelector.builder()
                .config(Http1Config.builder()
                        .maxHeadersSize(HEADERS_BYTES_MAX)
                        .maxPrologueLength(REQUEST_LINE_BYTES_MAX)
                        .sendKeepAliveHeader(false)
                        .build())
                .build();
        var server = WebServer.builder()
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .protocolsDiscoverServices(false)
                .addConnectionSelector(new WireSelector(http, config.patience(), sweeper))
                .mediaContext(MediaContext.builder()
                        .mediaSupportsDiscoverServices(false)
                        .build())
                .contentEncoding(ContentEncodingContext.builder()
                        .contentEncodingsDiscoverServices(false)
                        .build())
                .directHandlers(errors())
                .host(config.host())
                .port(config.port())
                .maxPayloadSize(config.bodyBytesMax())
                .maxTcpConnections(config.connectionsMax())
                .idleConnectionTimeout(config.idleTimeout().plus(config.answerTimeout()))
                .putListenerSocketOption(StandardSocketOptions.SO_REUSEADDR, true)
                .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .shutdownGracePeriod(SHUTDOWN_GRACE)
                .routing(HttpRouting.builder().any(handler))
                .build();
        requireFree(config);
        server.start();
        if (!server.isRunning()) {
            throw new UncheckedIOException(new BindException("The web server did not start"));
        }
        return new HttpServer(server);
    }

    /** Helidon reads the metadata of all its jars for services to inject; there are none here, and it takes its time. */
    private static void emptyRegistry() {
        var nothing = ServiceRegistryConfig.builder()
                .discoverServices(false)
                .discoverServicesFromServiceLoader(false)
                .build();
        GlobalServiceRegistry.registry(ServiceRegistryManager.create(nothing).registry());
    }

    /** Helidon logs a failure to bind and returns as if nothing were; so the address is tried before it. */
    private static void requireFree(DaemonConfig config) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(config.host()), config.port()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port that is listened on. */
    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.stop();
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
