package omni.api;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How far the API can be reached beyond the loopback: what {@code daemon.listen} says. Immutable.
 *
 * <p>One socket listens for all of it, and each connection is judged by the address that it came to (decision 0263), so that an
 * address which comes, goes or changes while the box runs needs no restart. Private addresses are those of RFC 1918, RFC 3927
 * (link-local), RFC 4193 (unique local) and {@code fe80::/10}.
 */
final class Reach {
    /** Every private address of this machine, for clients that have one themselves. */
    static final String LAN = "lan";

    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /** RFC 4193, fc00::/7. */
    private static final int UNIQUE_LOCAL = 0xfc;

    private static final int UNIQUE_LOCAL_MASK = 0xfe;

    /** What the connection that came to an address gets. */
    enum Way {
        /** HTTP as it is: it never leaves the machine. */
        PLAIN,
        /** TLS, and nothing without it. */
        TLS,
        /** Its end, before anything is read. */
        NONE
    }

    private final boolean lan;
    private final boolean everywhere;
    private final Set<InetAddress> named;

    private Reach(boolean lan, boolean everywhere, Set<InetAddress> named) {
        this.lan = lan;
        this.everywhere = everywhere;
        this.named = Set.copyOf(named);
    }

    /**
     * What the setting says.
     *
     * @throws IllegalArgumentException for what is no address, or one that nobody can listen on
     */
    static Reach of(List<String> listen) {
        var lan = false;
        var everywhere = false;
        var named = new HashSet<InetAddress>();
        for (var word : listen) {
            if (word.toLowerCase(Locale.ROOT).equals(LAN)) {
                lan = true;
                continue;
            }
            var address = literal(word);
            if (address.isAnyLocalAddress()) {
                everywhere = true;
            } else {
                named.add(address);
            }
        }
        return new Reach(lan, everywhere, named);
    }

    private static InetAddress literal(String word) {
        var address = parsed(word)
                .orElseThrow(() -> new IllegalArgumentException("listen has \"" + shortened(word)
                        + "\", which is no address: write \"lan\", or addresses such as \"192.168.1.10\", or \"0.0.0.0\" for"
                        + " all"));
        if (address.isLoopbackAddress()) {
            throw new IllegalArgumentException("listen has " + word
                    + ", but the loopback is always listened on, as host and port say: leave it out");
        }
        if (address.isMulticastAddress()) {
            throw new IllegalArgumentException(
                    "listen has " + word + ", which is no machine's own address: leave it out");
        }
        return address;
    }

    /** As it is usually written: the JDK takes 192.168.1 for 192.168.0.1. */
    private static Optional<InetAddress> parsed(String word) {
        if (!word.contains(":") && !IPV4.matcher(word).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(word));
        } catch (IllegalArgumentException e) {
            Log.debug("an address cannot be read", e);
            return Optional.empty();
        }
    }

    private static String shortened(String word) {
        return word.length() > 60 ? word.substring(0, 60) + "…" : word;
    }

    /** Whether there is anything beyond the loopback. */
    boolean beyondLoopback() {
        return lan || everywhere || !named.isEmpty();
    }

    /** What a connection gets; of one to the loopback both ends are there, whatever is routed to it. */
    Way of(InetAddress local, InetAddress remote) {
        if (local.isLoopbackAddress()) {
            return remote.isLoopbackAddress() ? Way.PLAIN : Way.NONE;
        }
        return includes(local) && (everywhere || isNamed(local) || isPrivate(remote)) ? Way.TLS : Way.NONE;
    }

    /** Whether that address of this machine is among those where others reach the API. */
    boolean includes(InetAddress local) {
        return !local.isLoopbackAddress() && (everywhere || isNamed(local) || (lan && isPrivate(local)));
    }

    private boolean isNamed(InetAddress local) {
        return named.contains(unscoped(local));
    }

    /** The addresses that are named one by one. */
    Set<InetAddress> named() {
        return named;
    }

    /** Of the addresses that are named one by one, those that this machine does not have. */
    List<InetAddress> missing(Collection<InetAddress> here) {
        var missing = new ArrayList<>(named);
        here.stream().map(Reach::unscoped).forEach(missing::remove);
        return missing;
    }

    static boolean isPrivate(InetAddress address) {
        return address.isSiteLocalAddress()
                || address.isLinkLocalAddress()
                || (address instanceof Inet6Address six && (six.getAddress()[0] & UNIQUE_LOCAL_MASK) == UNIQUE_LOCAL);
    }

    /** The address without the link that it is on, which is a matter of this machine alone. */
    static InetAddress unscoped(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("An address has the length of an address", e);
        }
    }
}
