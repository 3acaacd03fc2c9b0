package omni.api;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/**
 * Where the API listens.
 *
 * @param host the loopback address, as configured
 * @param port the real one, also where any was asked for
 */
record Address(String host, int port) {
    /** That of a socket which may have been opened for another configuration: then the socket is right. */
    static Address of(DaemonConfig config, InetSocketAddress socket) {
        var host = socket.getAddress();
        boolean same = config.reach().beyondLoopback() ? host.isAnyLocalAddress() : isNamed(config.host(), host);
        if (!same || !List.of(0, socket.getPort()).contains(config.port())) {
            Log.warning(
                    "omni.toml names another address than the one listened on. Start Omni again to use it; under systemd"
                            + " let omni units systemd write its units anew before.");
        }
        return new Address(same || host.isAnyLocalAddress() ? config.host() : host.getHostAddress(), socket.getPort());
    }

    private static boolean isNamed(String name, InetAddress host) {
        try {
            return InetAddress.getByName(name).equals(host);
        } catch (UnknownHostException e) {
            Log.debug("the configured host has no address now", e);
            return false;
        }
    }

    /** The URL for a program on this machine. */
    String url() {
        return "http://" + at(host);
    }

    /** How other machines reach it, where they do. */
    Optional<DaemonProtocol.Lan> lan(Optional<DeviceCertificate> certificate) {
        return certificate.map(shown -> new DaemonProtocol.Lan(
                shown.reachedBy().stream().map(name -> "https://" + at(name)).toList(),
                shown.missing().stream().map(InetAddress::getHostAddress).toList(),
                shown.pin(),
                shown.current().server().getNotAfter().toInstant().toString()));
    }

    private String at(String name) {
        return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
    }
}
