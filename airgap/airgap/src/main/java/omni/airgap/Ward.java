package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import omni.airgap.raw.Kernel;

/**
 * A network namespace under control, with its sockets open and its next order to the kernel ready. {@link #down} is for
 * any thread and waits for no lock; the rest is called by one thread at a time.
 */
final class Ward implements NetworkStack {
    private static final int ROUNDS_MAX = 20;

    private final Namespace namespace;
    private final Links links;
    /** A socket of its own for the first order of all, which so waits for nobody who is listing. */
    private final Links orders;

    private final DropTable table;
    private final SocketDiag sockets;
    private final Netlink linkEvents;
    private final Netlink filterEvents;
    private final String mark;
    private volatile Datagram down = new Datagram();

    private Ward(Namespace namespace) throws KernelException {
        this.namespace = namespace;
        links = new Links();
        orders = new Links();
        table = new DropTable();
        sockets = new SocketDiag();
        linkEvents = Netlink.open(Kernel.NETLINK_ROUTE(), Kernel.RTNLGRP_LINK(), Kernel.RTNLGRP_NSID());
        filterEvents = Netlink.open(Kernel.NETLINK_NETFILTER(), Kernel.NFNLGRP_NFTABLES());
        mark = mark(namespace, linkEvents);
    }

    /** Takes the namespace over, and closes it where that fails. */
    static Ward of(Namespace namespace) throws AirgapException {
        try {
            Ward ward = namespace.inside(() -> new Ward(namespace));
            ward.prepare();
            return ward;
        } catch (AirgapException e) {
            namespace.close();
            throw e;
        }
    }

    @Override
    public long number() {
        return namespace.inode();
    }

    Namespace namespace() {
        return namespace;
    }

    Links links() {
        return links;
    }

    Netlink linkEvents() {
        return linkEvents;
    }

    Netlink filterEvents() {
        return filterEvents;
    }

    /** Makes the next {@link #down} ready. */
    void prepare() throws KernelException {
        orders.drain();
        Datagram datagram = Links.down(links.list().values());
        var _ = datagram.whole();
        down = datagram;
    }

    /** Takes every link down that {@link #prepare} has seen: one datagram. */
    @Override
    public void down() throws KernelException {
        orders.send(down);
    }

    /** Takes one link down. */
    void down(Link link) throws KernelException {
        orders.send(Links.down(List.of(link)));
    }

    /** Takes down what is still up, drops everything, and destroys what reaches out. */
    @Override
    public void shut(Report report, Gap.Faults faults) {
        report.step(namespace, "links", () -> {
            Collection<Link> all = links.list().values();
            for (int i = 0; i < ROUNDS_MAX && !Links.namesUp(all).isEmpty(); i++) {
                prepare();
                down();
                all = links.list().values();
            }
            report.closed(all.stream().filter(Link::marked).count());
            return Links.namesUp(all).stream()
                    .map(name -> "link " + name + " is up")
                    .toList();
        });
        faults.at("links confirmed");
        report.step(namespace, "filter", () -> {
            drop();
            return table.problems(links.list().values());
        });
        faults.at("filter confirmed");
        report.step(namespace, "sockets", () -> destroySockets(report::closed));
        faults.at("sockets destroyed");
    }

    /** Drops everything, also of links that are new. A link that vanishes meanwhile takes its transaction with it: once more. */
    void drop() throws KernelException {
        for (int i = 0; ; i++) {
            try {
                table.install(links.list().values());
                return;
            } catch (KernelException e) {
                boolean vanished = e.errno() == KernelException.ENOENT || e.errno() == KernelException.ENODEV;
                if (i == ROUNDS_MAX || !vanished) {
                    throw e;
                }
            }
        }
    }

    /** Destroys what reaches out; the problems are what is left. */
    @Override
    public List<String> destroySockets() throws KernelException {
        return destroySockets(_ -> {});
    }

    private List<String> destroySockets(IntConsumer found) throws KernelException {
        List<InetSocket> outward = sockets.outward();
        found.accept(outward.size());
        for (int i = 0; i < ROUNDS_MAX && !outward.isEmpty(); i++) {
            sockets.destroy(outward);
            outward = sockets.outward();
        }
        return outward.isEmpty() ? List.of() : List.of(outward.size() + " sockets are left that reach out");
    }

    /** What of the gap does not hold now, a line each. */
    @Override
    public List<String> problems() throws KernelException {
        Map<Integer, Link> all = links.list();
        List<String> problems = new ArrayList<>(table.problems(all.values()));
        for (Link link : all.values()) {
            if (link.up() && !link.loopback()) {
                problems.add("link " + link.name() + " is up");
            }
        }
        return problems;
    }

    /** Whether the gap has left its mark here. */
    @Override
    public boolean marked() throws KernelException {
        return table.present() || links.list().values().stream().anyMatch(Link::marked);
    }

    /** Brings up the links that the gap took down; everything is still dropped. */
    @Override
    public void restoreLinks() throws KernelException {
        links.restore();
        prepare();
    }

    /** The kernel's number for the namespace, which is given once; an old kernel has none, and then its inode stands in. */
    private static String mark(Namespace namespace, Netlink inside) {
        try {
            return "net-" + Long.toUnsignedString(Libc.namespaceCookie(inside.descriptor()));
        } catch (KernelException e) {
            return Long.toString(namespace.inode());
        }
    }

    @Override
    public String mark() {
        return mark;
    }

    /** By a socket of its own: a long list keeps nobody waiting. */
    @Override
    public byte[] routes() throws AirgapException {
        return namespace.inside(() -> {
            try (Links own = new Links()) {
                return own.routes();
            }
        });
    }

    @Override
    public List<String> restoreRoutes(byte[] kept) throws KernelException {
        return links.restoreRoutes(kept);
    }

    /** Takes the tables away: the last of the three layers. */
    @Override
    public void removeTables() throws KernelException {
        table.remove();
    }

    @Override
    public Map<String, Sent> sentFrames() throws KernelException {
        Map<String, Sent> sent = new TreeMap<>();
        links.counted().values().stream()
                .filter(link -> !link.loopback())
                .forEach(link -> sent.put(Integer.toString(link.index()), new Sent(link.name(), link.sentFrames())));
        return sent;
    }

    @Override
    public void close() {
        links.close();
        orders.close();
        table.close();
        sockets.close();
        linkEvents.close();
        filterEvents.close();
        namespace.close();
    }
}
