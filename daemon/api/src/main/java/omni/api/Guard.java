package omni.api;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Who may come in at all: requests addressed to this box by a name it has, from no web page or an allowed one, with a
 * key.
 *
 * <p>A page that rebinds its own name to this box's address (DNS rebinding) shows in the Host header, and a page that
 * simply posts to it (cross-site request forgery) in the Origin header. Addresses as hosts cannot be rebound, so any is
 * let through.
 */
final class Guard {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.\\d{1,3}){3}");
    private static final String BEARER = "bearer ";

    /** Where Anthropic's clients put it. */
    private static final HeaderName API_KEY = HeaderNames.create("x-api-key");

    private final Set<String> hosts;
    private final Set<String> origins;
    private final Supplier<Set<String>> tlsHosts;
    private final KeyCheck keys;

    /**
     * Keeps who may not come in out.
     *
     * @param tlsHosts the names by which the certificate that clients check knows this box, at the moment
     */
    Guard(String host, List<String> hosts, List<String> origins, Supplier<Set<String>> tlsHosts, KeyCheck keys) {
        this.tlsHosts = tlsHosts;
        this.hosts = new HashSet<>();
        this.hosts.add(host.toLowerCase(Locale.ROOT));
        hosts.forEach(name -> this.hosts.add(name.toLowerCase(Locale.ROOT)));
        this.origins = new HashSet<>();
        origins.forEach(origin -> this.origins.add(origin.toLowerCase(Locale.ROOT)));
        this.keys = keys;
    }

    /**
     * Checks where the request is addressed to and where it comes from.
     *
     * @throws ApiError HOST_NOT_ALLOWED or ORIGIN_NOT_ALLOWED
     */
    void checkPlace(Exchange exchange) {
        var host = exchange.header(HeaderNames.HOST).orElse("");
        if (!hostAllowed(host, exchange.secure())) {
            throw ApiError.of(
                    ErrorCode.HOST_NOT_ALLOWED,
                    "This box does not answer to that host name. Add it to daemon.hosts in omni.toml.");
        }
        var origin = exchange.header(HeaderNames.ORIGIN);
        if (origin.isPresent() && !originAllowed(origin.get())) {
            throw ApiError.of(
                    ErrorCode.ORIGIN_NOT_ALLOWED,
                    "Web pages of that origin may not call this box. Add it to daemon.origins in omni.toml.");
        }
    }

    /**
     * Checks the key and notes whose it is.
     *
     * @throws ApiError INVALID_API_KEY, KEY_EXPIRED
     */
    void checkKey(Exchange exchange) {
        var given = exchange.header(HeaderNames.AUTHORIZATION)
                .flatMap(Guard::bearer)
                .or(() -> exchange.header(API_KEY).map(String::strip));
        if (given.isEmpty()) {
            throw ApiError.of(
                    ErrorCode.INVALID_API_KEY,
                    "No API key came with the request. Send the header Authorization: Bearer, or x-api-key, and a key of"
                            + " omni key new.");
        }
        var entry = keys.check(given.get());
        if (entry.isEmpty()) {
            throw ApiError.of(ErrorCode.INVALID_API_KEY, "That API key is not known here. Make one with omni key new.");
        }
        exchange.key(entry.get(), keys.keptFor(entry.get()), tokens -> keys.spent(entry.get(), tokens));
        keys.requireUnexpired(entry.get());
    }

    /**
     * Checks that its key may have what the route does, now.
     *
     * @throws ApiError ROUTE_NOT_ALLOWED, RATE_LIMIT_EXCEEDED, TOKENS_PER_DAY_EXCEEDED
     */
    void checkRights(Exchange exchange, Route route) {
        route.group().ifPresent(group -> keys.admit(exchange.entry(), group));
    }

    /** By TLS the names of the certificate too: a page cannot rebind its own to one of those, for nobody certifies it. */
    private boolean hostAllowed(String hostAndPort, boolean secure) {
        var host = withoutPort(hostAndPort.toLowerCase(Locale.ROOT));
        return hosts.contains(host)
                || (secure && tlsHosts.get().contains(host))
                || host.equals("localhost")
                || host.endsWith(".localhost")
                || host.startsWith("[")
                || IPV4.matcher(host).matches();
    }

    private boolean originAllowed(String origin) {
        var wanted = origin.toLowerCase(Locale.ROOT);
        if (origins.contains(wanted)) {
            return true;
        }
        try {
            var host = new URI(wanted).getHost();
            return host != null
                    && (host.equals("localhost")
                            || host.endsWith(".localhost")
                            || host.equals("[::1]")
                            || LOOPBACK_V4.matcher(host).matches());
        } catch (URISyntaxException _) {
            return false;
        }
    }

    private static Optional<String> bearer(String header) {
        return header.toLowerCase(Locale.ROOT).startsWith(BEARER)
                ? Optional.of(header.substring(BEARER.length()).strip())
                : Optional.empty();
    }

    private static String withoutPort(String hostAndPort) {
        var colon = hostAndPort.lastIndexOf(':');
        return colon > hostAndPort.lastIndexOf(']') ? hostAndPort.substring(0, colon) : hostAndPort;
    }
}
