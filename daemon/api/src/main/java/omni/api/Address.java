package omni.api;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Where the API listens.
 *
 * @param host as configured
 * @param port the real one, also where any was asked for
 */
record Address(String host, int port) {
    /** That of a socket which may have been opened for another configuration: then the socket is right. */
    static Address of(DaemonConfig config, InetSocketAddress socket) {
        var host = socket.getAddress();
        boolean same = isNamed(config.host(), host);
        if (!same || !List.of(0, socket.getPort()).contains(config.port())) {
            Log.warning("omni.toml names another address than the one listened on. Start Omni again to use it.");
        }
        return new Address(same ? config.host() : text(host), socket.getPort());
    }

    /** Whether that name leads there; the address for all of this machine is one, be it written 0.0.0.0 or ::. */
    private static boolean isNamed(String name, InetAddress host) {
        try {
            var named = InetAddress.getByName(name);
            return named.equals(host) || (named.isAnyLocalAddress() && host.isAnyLocalAddress());
        } catch (UnknownHostException e) {
            Log.debug("the configured host has no address now", e);
            return false;
        }
    }

    private static String text(InetAddress host) {
        return host.isAnyLocalAddress() ? "0.0.0.0" : host.getHostAddress();
    }

    /** The URL for a program on this machine. */
    String url() {
        var name = switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::" -> "[::1]";
            default -> host.contains(":") ? "[" + host + "]" : host;
        };
        return "http://" + name + ":" + port;
    }
}
