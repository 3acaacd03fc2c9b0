package omni.fetch;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import omni.fetch.FetchProtocol.Reason;

/** The rules for addresses: https anywhere, http on this machine only, and no way from the one to the other. */
final class Address {
    static final int CHARACTERS_MAX = 4096;
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "::1", "localhost");
    private static final String UNRESERVED = "-._~:@";

    private Address() {}

    /** Reads an address that a person or a server gave. */
    static URI of(String text) {
        if (text.length() > CHARACTERS_MAX) {
            throw new FetchException(Reason.REFUSED, "An address has at most " + CHARACTERS_MAX + " characters.");
        }
        try {
            return allowed(new URI(text));
        } catch (URISyntaxException _) {
            throw new FetchException(Reason.INVALID, "This is no address: write it as https://host/path.");
        }
    }

    /** Refuses an address that we do not ask. */
    static URI allowed(URI uri) {
        String host = uri.getHost();
        if (host == null || uri.getRawUserInfo() != null) {
            throw new FetchException(
                    Reason.REFUSED, "An address names a host, and neither user nor password (use omni models login).");
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (scheme.equals("https") || (scheme.equals("http") && isLoopback(uri))) {
            return uri;
        }
        throw new FetchException(
                Reason.REFUSED, "Only https is asked for, and http on this machine alone: not " + shown(uri) + ".");
    }

    /** Where a server sends us. */
    static URI redirect(URI from, String location) {
        if (location.length() > CHARACTERS_MAX) {
            throw new FetchException(
                    Reason.REFUSED, "A redirect has at most " + CHARACTERS_MAX + " characters: " + host(from) + ".");
        }
        URI to;
        try {
            to = allowed(from.resolve(new URI(location)));
        } catch (URISyntaxException _) {
            throw new FetchException(Reason.REFUSED, "A redirect of " + host(from) + " is no address.");
        }
        if ("https".equalsIgnoreCase(from.getScheme()) && !"https".equalsIgnoreCase(to.getScheme())) {
            throw new FetchException(Reason.REFUSED, host(from) + " redirects from https to http: not followed.");
        }
        if (isLoopback(to) && !isLoopback(from)) {
            throw new FetchException(Reason.REFUSED, host(from) + " redirects into this machine: not followed.");
        }
        return to;
    }

    static boolean isLoopback(URI uri) {
        return LOOPBACK.contains(String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT));
    }

    /** Whether both are one server: scheme, host and port. A token for one goes to no other. */
    static boolean sameServer(URI one, URI other) {
        return host(one).equals(host(other))
                && String.valueOf(one.getScheme()).equalsIgnoreCase(String.valueOf(other.getScheme()));
    }

    /** The host, with the port where the address names one that is not the scheme's own. */
    static String host(URI uri) {
        String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
        int own = "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        return uri.getPort() < 0 || uri.getPort() == own ? host : host + ":" + uri.getPort();
    }

    /** Scheme, host and path: a query may hold a signature. */
    static String shown(URI uri) {
        String text = uri.getScheme() + "://" + host(uri)
                + Optional.ofNullable(uri.getRawPath()).orElse("");
        return text.length() > 200 ? text.substring(0, 200) + "…" : text;
    }

    /** Appends segments to an address's path, each percent-encoded (RFC 3986, 2.1). */
    static URI below(URI base, String... segments) {
        StringBuilder text = new StringBuilder(base.toString());
        if (text.charAt(text.length() - 1) == '/') {
            text.setLength(text.length() - 1);
        }
        for (String segment : segments) {
            text.append('/').append(encoded(segment));
        }
        return of(text.toString());
    }

    /** One segment of a path, or one value of a query. */
    static String encoded(String segment) {
        StringBuilder text = new StringBuilder();
        for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xff;
            if (c < 128 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0)) {
                text.append((char) c);
            } else {
                text.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return text.toString();
    }
}
