package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.io.Closeable;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
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
 * sees, AF_XDP, needs the link down. Where the kernel has no chain for every link (it came in Linux 6.17), {@link LinkChains} take the second's place.
 */
final class DropTable implements Closeable {
    /** The tables' name, and the beginning of another that they take where somebody else's table holds it. */
    static final String NAME = "omni_gap";

    /** The flag of a table that somebody owns: NFT_TABLE_F_OWNER of linux/netfilter/nf_tables.h. */
    private static final int OWNED = 2;

    private static final Pattern NAMES = Pattern.compile(NAME + "(_[0-9a-f]{1,16})?");

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Whether the kernel has chains for every link: asked once. */
    private static volatile @Nullable Boolean everyLinkKnown;

    private final Netlink netfilter;
    /** Where no chain is for every link. */
    private final Optional<LinkChains> linkChains;

    /** What the tables are called, of which another name may be somebody's own by now. */
    private volatile String inet = NAME;

    private volatile String netdev = NAME;

    /** In the namespace of the calling thread. */
    DropTable() throws KernelException {
        this(Netlink.open(NETLINK_NETFILTER()));
    }

    private DropTable(Netlink netfilter) {
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

    private static boolean everyLink(Netlink netfilter) {
        Boolean known = everyLinkKnown;
        if (known == null) {
            Transaction trial = new Transaction();
            Contents.EVERY_LINK.put(trial, otherName());
            Optional<Boolean> answer = trial.known(netfilter);
            answer.ifPresent(each -> everyLinkKnown = each);
            known = answer.orElse(false);
        }
        return known;
    }

    /** One that nobody has taken before it is asked for. */
    private static String otherName() {
        return NAME + "_" + Long.toHexString(RANDOM.nextLong());
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
                                + " over a link that is new there or was renamed: this kernel has no drop chain for every link, as Linux 6.17 and newer have")
                : Optional.empty();
    }

    /**
     * Makes what is missing of both tables, and makes anew what is not as it should be. The first comes first, in a transaction of
     * its own: one link that vanishes meanwhile keeps nobody else's packets. A table of that name that has an owner cannot be
     * taken away, or changed: then they take another name.
     *
     * @param links all of the namespace
     */
    void install(Collection<Link> links) throws KernelException {
        inet = install(inet, table -> put(Contents.INET, table));
        netdev = install(netdev, table -> {
            if (linkChains.isPresent()) {
                linkChains.get().install(read(NFPROTO_NETDEV(), table), links);
            } else {
                put(Contents.EVERY_LINK, table);
            }
        });
    }

    /** Makes a table of that name. */
    private interface Making {
        void of(String table) throws KernelException;
    }

    /** The name under which it could be made. */
    private static String install(String table, Making making) throws KernelException {
        try {
            making.of(table);
            return table;
        } catch (KernelException e) {
            if (e.errno() != KernelException.EPERM) {
                throw e;
            }
            String other = otherName();
            making.of(other);
            return other;
        }
    }

    private void put(Contents contents, String table) throws KernelException {
        if (!contents.problems(read(contents.family(), table)).isEmpty()) {
            Transaction transaction = new Transaction();
            contents.put(transaction, table);
            transaction.commit(netfilter, "set up the drop table");
        }
    }

    /** What is not as it should be, a line each; empty where both tables stand whole. */
    List<String> problems(Collection<Link> links) throws KernelException {
        List<String> problems = new ArrayList<>(Contents.INET.problems(read(NFPROTO_INET(), inet)));
        Standing standing = read(NFPROTO_NETDEV(), netdev);
        problems.addAll(linkChains
                .map(chains -> chains.problems(standing, links))
                .orElseGet(() -> Contents.EVERY_LINK.problems(standing)));
        return problems;
    }

    private Standing read(int family, String table) throws KernelException {
        return Standing.read(netfilter, family, table);
    }

    /** Takes the tables away, under whatever name they have been; it is fine if they are not there. */
    void remove() throws KernelException {
        for (int family : List.of(NFPROTO_INET(), NFPROTO_NETDEV())) {
            for (String table : ours(family)) {
                remove(family, table);
            }
        }
        inet = NAME;
        netdev = NAME;
    }

    private void remove(int family, String table) throws KernelException {
        Transaction transaction = new Transaction();
        transaction.remove(family, table);
        transaction.commit(netfilter, "remove the drop tables");
    }

    /** The gap's tables of that family. One that has an owner is none of them. */
    private List<String> ours(int family) throws KernelException {
        return Standing.tables(netfilter, family).entrySet().stream()
                .filter(table -> NAMES.matcher(table.getKey()).matches() && (table.getValue() & OWNED) == 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether one of the tables is there. */
    boolean present() throws KernelException {
        return !ours(NFPROTO_INET()).isEmpty() || !ours(NFPROTO_NETDEV()).isEmpty();
    }

    @Override
    public void close() {
        netfilter.close();
    }
}
