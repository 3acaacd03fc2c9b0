package omni.api;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The OpenAPI document of all routes, and the page to read it and try them: Swagger UI, of files of this program alone. Neither needs a
 * key, for neither tells more than docs/api.md; what the page calls does.
 */
final class PageRoutes {
    /** Files that the page loads, and their types. */
    private static final Map<String, String> PARTS = Map.of(
            "page.js", "text/javascript; charset=utf-8",
            "swagger-ui-bundle.js", "text/javascript; charset=utf-8",
            "swagger-ui.css", "text/css; charset=utf-8");

    /**
     * What the browser lets the page do, whatever stands in it: nothing is loaded from elsewhere and nothing sent there, and no other
     * page shows it in a frame. The style of Swagger UI has its pictures within it.
     */
    private static final Map<HeaderName, String> BOUNDS = Map.of(
            HeaderNames.create("Content-Security-Policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none';"
                    + " form-action 'none'; frame-ancestors 'none'",
            HeaderNames.create("Referrer-Policy"),
            "no-referrer",
            HeaderNames.CACHE_CONTROL,
            "no-cache");

    /** The routes. */
    List<Route> all() {
        return List.of(
                Route.open(Method.GET, "/openapi.json", exchange -> send(exchange, "openapi.json", "application/json")),
                Route.open(
                        Method.GET, "/docs", exchange -> send(exchange, "page/page.html", "text/html; charset=utf-8")),
                Route.open(Method.GET, "/docs/{file}", PageRoutes::part));
    }

    private static void part(Exchange exchange) {
        var name = exchange.pathValues().getFirst();
        var type = PARTS.get(name);
        if (type == null) {
            throw ApiError.of(ErrorCode.UNKNOWN_URL, "The page has no such part. It is at /docs.");
        }
        send(exchange, "page/" + name, type);
    }

    private static void send(Exchange exchange, String resource, String type) {
        exchange.withoutBody();
        try (var file = Objects.requireNonNull(PageRoutes.class.getResourceAsStream(resource), resource)) {
            exchange.file(type, BOUNDS, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
