package omni.airgap;

import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.ifinfomsg;
import omni.airgap.raw.rtgenmsg;

/**
 * The links of one network namespace: lists them, takes them down by one datagram, and brings back those that the gap
 * took down. For any thread.
 *
 * <p>What was up before is kept in the kernel, in the link's own alias: so it outlives every process of Omni, goes with a
 * link that is moved, and is gone after a boot as the links themselves are. Source: rtnetlink(7).
 */
final class Links implements Closeable {
    private static final int DUMP = Kernel.NLM_F_ROOT() | Kernel.NLM_F_MATCH();

    private final Netlink route;

    /** In the namespace of the calling thread. */
    Links() throws KernelException {
        route = Netlink.open(Kernel.NETLINK_ROUTE());
    }

    /** All links, by their number. */
    Map<Integer, Link> list() throws KernelException {
        return list(false);
    }

    /** All links with the frames that each has sent. */
    Map<Integer, Link> counted() throws KernelException {
        return list(true);
    }

    private Map<Integer, Link> list(boolean counted) throws KernelException {
        Datagram request = new Datagram().message(Kernel.RTM_GETLINK(), DUMP).header(ifinfomsg.sizeof(), header -> {});
        if (!counted) {
            request.number(Kernel.IFLA_EXT_MASK(), Kernel.RTEXT_FILTER_SKIP_STATS());
        }
        Map<Integer, Link> links = new TreeMap<>();
        route.dump("list links", request, links::clear, message -> {
            if (message.type() == Kernel.RTM_NEWLINK()) {
                Link link = Link.read(message.body());
                links.put(link.index(), link);
            }
        });
        return links;
    }

    /**
     * The datagram that takes down every link but the loopback, and then marks those that were up. A message that fails
     * does not keep the kernel from those behind it.
     */
    static Datagram down(Iterable<Link> links) {
        Datagram datagram = new Datagram();
        for (Link link : links) {
            if (!link.loopback()) {
                change(datagram, link.index(), false);
            }
        }
        for (Link link : links) {
            if (link.up() && !link.loopback() && !link.marked()) {
                alias(datagram, link.index(), marked(link.alias()));
            }
        }
        return datagram;
    }

    /** The mark and what of the alias has room behind it: a whole alias of more than 246 bytes loses its end. */
    private static String marked(String alias) {
        String text = Link.MARK + alias;
        while (text.getBytes(StandardCharsets.UTF_8).length > Link.ALIAS_BYTES_MAX) {
            text = text.substring(0, text.length() - 1);
        }
        return text;
    }

    /** The datagram that brings every link up. */
    static Datagram up(Iterable<Link> links) {
        Datagram datagram = new Datagram();
        links.forEach(link -> change(datagram, link.index(), true));
        return datagram;
    }

    /** Makes two links that are each other's other end, for a rehearsal. */
    void addPair() throws KernelException {
        Datagram datagram = new Datagram()
                .message(Kernel.RTM_NEWLINK(), Kernel.NLM_F_CREATE() | Kernel.NLM_F_EXCL() | Kernel.NLM_F_ACK())
                .header(ifinfomsg.sizeof(), header -> {})
                .nested(Kernel.IFLA_LINKINFO(), info -> info.text(Kernel.IFLA_INFO_KIND(), "veth"));
        for (Netlink.Refusal refusal : route.tell(datagram)) {
            throw new KernelException("make a pair of links", refusal.errno());
        }
    }

    /** Sends it, and waits for no answer: the kernel does the work before this returns. */
    void send(Datagram datagram) throws KernelException {
        if (datagram.messages() > 0) {
            route.send(datagram.whole());
        }
    }

    /** Takes away what the kernel has answered to {@link #send}. */
    void drain() throws KernelException {
        route.drain();
    }

    /** Brings up what the gap took down, and gives it its alias back. What has vanished meanwhile is passed over. */
    void restore() throws KernelException {
        List<Link> marked = list().values().stream().filter(Link::marked).toList();
        Datagram datagram = new Datagram();
        for (Link link : marked) {
            change(datagram, link.index(), true);
            alias(datagram, link.index(), link.ownAlias());
        }
        for (Netlink.Refusal refusal : route.tell(datagram)) {
            if (refusal.errno() != KernelException.ENODEV) {
                throw new KernelException("bring a link up again", refusal.errno());
            }
        }
    }

    /** What {@link #restoreRoutes} makes again of what the links here would lose now. */
    byte[] routes() throws KernelException {
        return Routes.read(route);
    }

    /** Makes again what is missing of that; what could not be made, a line each. */
    List<String> restoreRoutes(byte[] kept) throws KernelException {
        return Routes.restore(route, kept);
    }

    /** Namespaces that are known here by a number, such as where a link went: the number of that one, if it has one. */
    int numberOf(Namespace other) throws KernelException {
        Datagram request = new Datagram()
                .message(Kernel.RTM_GETNSID(), Kernel.NLM_F_ACK())
                .header(rtgenmsg.sizeof(), header -> {})
                .number(Kernel.NETNSA_FD(), other.descriptor());
        int[] number = {-1};
        route.ask("number of a namespace", request, message -> {
            if (message.type() == Kernel.RTM_NEWNSID()) {
                number[0] = Attributes.read(message.body().asSlice(4))
                        .number(Kernel.NETNSA_NSID())
                        .orElse(-1);
            }
        });
        return number[0];
    }

    private static void alias(Datagram datagram, int index, String alias) {
        datagram.message(Kernel.RTM_SETLINK(), Kernel.NLM_F_ACK())
                .header(ifinfomsg.sizeof(), header -> ifinfomsg.ifi_index(header, index))
                .attribute(Kernel.IFLA_IFALIAS(), alias.getBytes(StandardCharsets.UTF_8));
    }

    private static void change(Datagram datagram, int index, boolean up) {
        datagram.message(Kernel.RTM_SETLINK(), Kernel.NLM_F_ACK()).header(ifinfomsg.sizeof(), header -> {
            ifinfomsg.ifi_index(header, index);
            ifinfomsg.ifi_change(header, Kernel.IFF_UP());
            ifinfomsg.ifi_flags(header, up ? Kernel.IFF_UP() : 0);
        });
    }

    /** Names of those that are up though they should not be. */
    static List<String> namesUp(Iterable<Link> links) {
        List<String> names = new ArrayList<>();
        for (Link link : links) {
            if (link.up() && !link.loopback()) {
                names.add(link.name());
            }
        }
        return names;
    }

    @Override
    public void close() {
        route.close();
    }
}
