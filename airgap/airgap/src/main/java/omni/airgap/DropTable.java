package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The nftables tables of the gap in one network namespace, without an owner: they stay when the process that made them
 * is killed. For any thread.
 *
 * <pre>
 *   table inet   omni_gap   chains input, forward, output: policy drop; input and output accept the loopback by its number
 *   table netdev omni_gap   chains in and out, at ingress and egress of every link there is and will be: policy drop;
 *                           both accept the loopback by its number
 * </pre>
 *
 * <p>The first stops what has an IP header; the second stops every frame of a link, ARP and packet sockets too. What neither
 * sees, AF_XDP, needs the link down. Where the kernel has no chain for every link (Linux 6.18 has), {@link LinkChains} take the second's place.
 */
final class DropTable implements Closeable {
    /** Whether the kernel has chains for every link: asked once. */
    private static volatile @Nullable Boolean everyLinkKnown;

    private final Netlink netfilter;
    /** Where no chain is for every link. */
    private final Optional<LinkChains> linkChains;

    /** In the namespace of the calling thread. */
    DropTable() throws KernelException {
        this(Netlink.open(NETLINK_NETFILTER()));
    }

    private DropTable(Netlink netfilter) throws KernelException {
        this(netfilter, everyLink(netfilter));
    }

    private DropTable(Netlink netfilter, boolean everyLink) {
        this.netfilter = netfilter;
        linkChains = everyLink ? Optional.empty() : Optional.of(new LinkChains(netfilter));
    }

    /** As on a kernel that has no chains for every link. */
    static DropTable ofOldKernel() throws KernelException {
        return new DropTable(Netlink.open(NETLINK_NETFILTER()), false);
    }

    private static boolean everyLink(Netlink netfilter) throws KernelException {
        Boolean known = everyLinkKnown;
        if (known == null) {
            Transaction trial = new Transaction();
            Contents.EVERY_LINK.put(trial);
            known = trial.known(netfilter);
            everyLinkKnown = known;
        }
        return known;
    }

    /** Whether the second table is for every link; where it is not, a link that is new is for a moment without it. */
    boolean everyLink() {
        return linkChains.isEmpty();
    }

    /** What the tables cannot do on this kernel, of which one has been made before. */
    static Optional<String> limit() {
        return Boolean.FALSE.equals(everyLinkKnown)
                ? Optional.of(
                        "who has CAP_NET_ADMIN in a network that is closed can send by packet sockets for some milliseconds,"
                                + " over a link that is new there or was renamed: this kernel has no drop chain for every link, as Linux 6.18 has")
                : Optional.empty();
    }

    /**
     * Makes what is missing of both tables, and makes anew what is not as it should be. The first comes first, in a transaction of
     * its own: one link that vanishes meanwhile keeps nobody else's packets.
     *
     * @param links all of the namespace
     */
    void install(Collection<Link> links) throws KernelException {
        put(Contents.INET);
        if (linkChains.isPresent()) {
            linkChains.get().install(read(NFPROTO_NETDEV()), links);
        } else {
            put(Contents.EVERY_LINK);
        }
    }

    private void put(Contents contents) throws KernelException {
        if (!contents.problems(read(contents.family())).isEmpty()) {
            Transaction transaction = new Transaction();
            contents.put(transaction);
            transaction.commit(netfilter, "set up the drop table");
        }
    }

    /** What is not as it should be, a line each; empty where both tables stand whole. */
    List<String> problems(Collection<Link> links) throws KernelException {
        List<String> problems = new ArrayList<>(Contents.INET.problems(read(NFPROTO_INET())));
        Standing netdev = read(NFPROTO_NETDEV());
        problems.addAll(linkChains
                .map(chains -> chains.problems(netdev, links))
                .orElseGet(() -> Contents.EVERY_LINK.problems(netdev)));
        return problems;
    }

    private Standing read(int family) throws KernelException {
        return Standing.read(netfilter, family, Contents.TABLE);
    }

    /** Takes both tables away; it is fine if they are not there. */
    void remove() throws KernelException {
        Transaction transaction = new Transaction();
        transaction.remove(NFPROTO_INET(), Contents.TABLE);
        transaction.remove(NFPROTO_NETDEV(), Contents.TABLE);
        transaction.commit(netfilter, "remove the drop tables");
    }

    /** Whether one of the tables is there. */
    boolean present() throws KernelException {
        return read(NFPROTO_INET()).there() || read(NFPROTO_NETDEV()).there();
    }

    @Override
    public void close() {
        netfilter.close();
    }
}
