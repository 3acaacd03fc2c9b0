package omni.airgap;

import static omni.airgap.raw.Kernel.NFPROTO_NETDEV;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code netdev omni_gap} on a kernel that knows no chain for every link: two chains for each link but the
 * loopback. They hang at its name: a link that is new or was renamed has none until they are made. For any thread.
 */
final class LinkChains {
    private static final int FAMILY = NFPROTO_NETDEV();
    /** Links in one transaction, so that a machine with thousands needs no send buffer without bound. */
    private static final int LINKS_MAX = 256;

    private final Netlink netfilter;

    LinkChains(Netlink netfilter) {
        this.netfilter = netfilter;
    }

    /** Makes what is missing, and the whole table anew where it is not as it should be. */
    void install(Standing standing, Collection<Link> links) throws KernelException {
        boolean anew = standing.there() && spoilt(standing, links);
        Transaction transaction = new Transaction();
        if (anew) {
            transaction.emptied(FAMILY, standing.name());
        }
        Map<String, Standing.Chain> chains = anew ? Map.of() : standing.chains();
        int count = 0;
        for (Link link : links) {
            if (!link.loopback()) {
                String table = standing.name();
                chain(transaction, table, outName(link), Contents.atEgress(link.name()), chains);
                chain(transaction, table, inName(link), Contents.atIngress(link.name()), chains);
                if (++count % LINKS_MAX == 0) {
                    commit(transaction);
                    transaction = new Transaction();
                }
            }
        }
        commit(transaction);
    }

    private void commit(Transaction transaction) throws KernelException {
        if (!transaction.empty()) {
            transaction.commit(netfilter, "set up the drop tables of the links");
        }
    }

    /** Whether somebody has made of the table what it was not. A link that was renamed is none of that. */
    private static boolean spoilt(Standing standing, Collection<Link> links) {
        boolean chains = links.stream()
                .allMatch(link -> like(standing.chains().get(outName(link)), Contents.atEgress(link.name()))
                        && like(standing.chains().get(inName(link)), Contents.atIngress(link.name())));
        return standing.flags() != 0 || !standing.rules().isEmpty() || !chains;
    }

    private static boolean like(Standing.@Nullable Chain there, Standing.Chain wanted) {
        return there == null || there.sameButLink(wanted);
    }

    /** A chain that is another link's by now, of one that was renamed or has taken a number over, is made anew. */
    private static void chain(
            Transaction transaction,
            String table,
            String name,
            Standing.Chain wanted,
            Map<String, Standing.Chain> there) {
        if (!wanted.equals(there.get(name))) {
            transaction.table(FAMILY, table);
            if (there.containsKey(name)) {
                transaction.removeChain(FAMILY, table, name);
            }
            transaction.chain(FAMILY, table, name, wanted);
        }
    }

    /** How what stands there differs from what should, a line each. */
    List<String> problems(Standing standing, Collection<Link> links) {
        List<String> problems = new ArrayList<>();
        if (standing.flags() != 0 || !standing.rules().isEmpty()) {
            problems.add("nftables netdev " + standing.name() + " was switched off or has rules");
        }
        for (Link link : links) {
            if (!link.loopback()) {
                if (!Contents.atEgress(link.name()).equals(standing.chains().get(outName(link)))) {
                    problems.add("nftables netdev " + standing.name() + " does not drop what leaves " + link.name());
                }
                if (!Contents.atIngress(link.name()).equals(standing.chains().get(inName(link)))) {
                    problems.add("nftables netdev " + standing.name() + " does not drop what comes to " + link.name());
                }
            }
        }
        return problems;
    }

    /** By its number, and not its name: a link may be called "lo". */
    static String outName(Link link) {
        return "out-" + link.index();
    }

    static String inName(Link link) {
        return "in-" + link.index();
    }
}
