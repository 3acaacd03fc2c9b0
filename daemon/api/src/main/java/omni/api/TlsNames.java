package omni.api;

import java.net.InetAddress;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * By what names and addresses clients reach this box over TLS.
 *
 * @param hosts DNS names in lower case: localhost, the host name, the same below {@code .local} (RFC 6762), and {@code daemon.hosts}
 * @param addresses those that are listened on, at most {@link #ADDRESSES_MAX}
 */
record TlsNames(Set<String> hosts, List<InetAddress> addresses) {
    static final int ADDRESSES_MAX = 64;

    /** RFC 1123, 2.1, and RFC 1035, 2.3.4. */
    private static final Pattern HOST = Pattern.compile(
            "(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" + "(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+");

    TlsNames {
        hosts = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(hosts));
        addresses = List.copyOf(addresses);
    }

    /** Of a machine, and what its owner has named. */
    static TlsNames of(Machine machine, Reach reach, Collection<String> configured) {
        var byText = new TreeMap<String, InetAddress>(); // the same order whichever link came up first
        reach.named().forEach(address -> byText.put(address.getHostAddress(), address));
        machine.addresses().stream()
                .filter(reach::includes)
                .forEach(address -> byText.put(address.getHostAddress(), address));
        return new TlsNames(
                hosts(machine.name(), configured),
                byText.values().stream().limit(ADDRESSES_MAX).toList());
    }

    /** The DNS names alone. */
    static Set<String> hosts(String machine, Collection<String> configured) {
        var hosts = new LinkedHashSet<String>();
        hosts.add("localhost");
        if (isHost(machine)) {
            hosts.add(machine);
            var first = machine.split("\\.", 2)[0];
            if (!first.equals("localhost")) {
                hosts.add(first + ".local");
            }
        }
        configured.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .filter(TlsNames::isHost)
                .forEach(hosts::add);
        return hosts;
    }

    private static boolean isHost(String name) {
        return HOST.matcher(name).matches() && !ADDRESS.matcher(name).matches();
    }

    /** Whether all names of the other are among these. */
    boolean hasHosts(Set<String> others) {
        return hosts.containsAll(others);
    }

    boolean has(InetAddress address) {
        return addresses.contains(Reach.unscoped(address));
    }

    /** Whether no more fit. */
    boolean full() {
        return addresses.size() >= ADDRESSES_MAX;
    }
}
