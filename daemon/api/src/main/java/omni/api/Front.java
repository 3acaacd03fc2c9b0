package omni.api;

import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.stream.Collectors;

/** The one handler of all requests: lets them in, finds their route, and turns what goes wrong into errors of its dialect. */
final class Front implements Handler {
    private static final int INTERNAL_ERROR = 500;

    private final Guard guard;
    private final Routes routes;
    private final Bodies bodies;
    private final Metrics metrics;

    Front(Guard guard, Routes routes, Bodies bodies, Metrics metrics) {
        this.guard = guard;
        this.routes = routes;
        this.bodies = bodies;
        this.metrics = metrics;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        var exchange = new Exchange(request, response, Wire.CURRENT.get(), bodies);
        try {
            answer(exchange);
        } finally {
            exchange.end();
            exchange.count(metrics);
        }
    }

    private void answer(Exchange exchange) {
        try {
            route(exchange).action().accept(exchange);
            exchange.outcome("done");
        } catch (ClientGone _) {
            throw new CloseConnectionException("The client has gone");
        } catch (ApiError e) {
            refuse(exchange, e);
        } catch (CloseConnectionException | HttpException | io.helidon.http.RequestException e) {
            throw e;
        } catch (RuntimeException e) {
            if (exchange.streaming()) {
                Log.error("a stream broke off", e);
                throw new CloseConnectionException("A stream broke off");
            }
            refuse(
                    exchange,
                    ApiError.of(ErrorCode.INTERNAL_ERROR, "Something went wrong in Omni. The log says what.", e));
        }
    }

    private Route route(Exchange exchange) {
        guard.checkPlace(exchange);
        var here = routes.at(exchange.path());
        here.stream().findFirst().ifPresent(exchange::route);
        if (here.isEmpty() || !here.getFirst().open()) {
            guard.checkKey(exchange);
        }
        if (here.isEmpty()) {
            throw ApiError.of(ErrorCode.UNKNOWN_URL, "There is nothing at this path. docs/api.md lists the routes.");
        }
        var route = here.stream()
                .filter(one -> one.takes(exchange.method()))
                .findFirst()
                .orElseThrow(
                        () -> ApiError.method(here.stream().map(Route::allow).collect(Collectors.joining(", "))));
        exchange.route(route);
        guard.checkRights(exchange, route);
        return route;
    }

    private static void refuse(Exchange exchange, ApiError e) {
        var cause = e.getCause();
        if (cause instanceof Exception broken && e.code().status() == INTERNAL_ERROR) {
            Log.error("a request could not be answered", broken);
        }
        if (!exchange.streaming()) {
            exchange.fail(e);
        }
        exchange.outcome(e.code().code());
        if (exchange.unfinished()) {
            throw new CloseConnectionException("A response broke off");
        }
    }
}
