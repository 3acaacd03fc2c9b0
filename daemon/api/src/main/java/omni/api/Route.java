package omni.api;

import io.helidon.http.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import omni.api.DaemonProtocol.RouteGroup;

/**
 * A path and what it does.
 *
 * @param method the one it takes; GET stands for HEAD too
 * @param pattern the path as documented: a part in braces stands for any text without a slash, a last one that ends in "…}" for
 *     all that is left
 * @param open whether it needs no key
 * @param group what a key must be allowed; nothing where any key will do
 */
record Route(Method method, String pattern, boolean open, Optional<RouteGroup> group, Consumer<Exchange> action) {
    private static final String REST = "…}";

    /** A route that needs a key which may use its group. */
    static Route of(RouteGroup group, Method method, String pattern, Consumer<Exchange> action) {
        return new Route(method, pattern, false, Optional.of(group), action);
    }

    /** A route that any key may use, whatever its rights are and however much it was used. */
    static Route ofAnyKey(Method method, String pattern, Consumer<Exchange> action) {
        return new Route(method, pattern, false, Optional.empty(), action);
    }

    /** A route that needs no key. */
    static Route open(Method method, String pattern, Consumer<Exchange> action) {
        return new Route(method, pattern, true, Optional.empty(), action);
    }

    boolean takes(Method other) {
        return other.equals(method) || (method.equals(Method.GET) && other.equals(Method.HEAD));
    }

    String allow() {
        return method.equals(Method.GET) ? "GET, HEAD" : method.text();
    }

    /** What stands in the path for the parts in braces, in order; nothing where the path is another. */
    Optional<List<String>> match(String path) {
        var parts = pattern.split("/", -1);
        var given = path.split("/", pattern.endsWith(REST) ? parts.length : -1);
        if (given.length != parts.length) {
            return Optional.empty();
        }
        var values = new ArrayList<String>();
        for (var i = 0; i < parts.length; i++) {
            if (parts[i].startsWith("{") && !given[i].isEmpty()) {
                values.add(given[i]);
            } else if (!parts[i].equals(given[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(List.copyOf(values));
    }
}
