package omni.api;

import io.helidon.common.context.Context;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.media.MediaContext;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import java.util.concurrent.ExecutorService;

/** What all connections have in common: Helidon's HTTP/1.1, its settings, and the route to our one handler. */
record HttpContext(
        Http1ConnectionSelector http, ListenerConfig config, Router router, Context context, ExecutorService executor)
        implements ListenerContext {
    /** Helidon's connection that speaks HTTP/1.1 over that context. */
    ServerConnection connection(ConnectionContext of) {
        return http.connection(of);
    }

    @Override
    public MediaContext mediaContext() {
        return config.mediaContext().orElseThrow();
    }

    @Override
    public ContentEncodingContext contentEncodingContext() {
        return config.contentEncoding().orElseThrow();
    }

    @Override
    public DirectHandlers directHandlers() {
        return config.directHandlers().orElseThrow();
    }
}
