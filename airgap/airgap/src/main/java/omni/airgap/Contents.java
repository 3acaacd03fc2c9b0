package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one of the gap's tables is to hold: chains that drop, and nothing beside them but the loopback's rules. Immutable.
 *
 * @param family of the table
 * @param chains by name
 * @param exempt the chains that accept the loopback, each with the key of the packet's link that is looked at
 */
record Contents(int family, Map<String, Standing.Chain> chains, Map<String, Integer> exempt) {
    /** Before all that others may have put there: NF_IP_PRI_FIRST is the smallest number of all. */
    private static final int FIRST = Integer.MIN_VALUE + 1;
    /** A chain at ingress may not be at the smallest numbers. */
    private static final int FIRST_OF_LINK = -500;
    /** The loopback has this number in every namespace. */
    private static final int LOOPBACK = 1;

    /** What has an IP header. */
    static final Contents INET = new Contents(
            NFPROTO_INET(),
            Map.of(
                    "input", new Standing.Chain(NF_INET_LOCAL_IN(), FIRST, NF_DROP(), 0, ""),
                    "forward", new Standing.Chain(NF_INET_FORWARD(), FIRST, NF_DROP(), 0, ""),
                    "output", new Standing.Chain(NF_INET_LOCAL_OUT(), FIRST, NF_DROP(), 0, "")),
            Map.of("input", NFT_META_IIF(), "output", NFT_META_OIF()));

    /** Every frame of every link, of those too that are yet to come. */
    static final Contents EVERY_LINK = new Contents(
            NFPROTO_NETDEV(),
            Map.of("in", atIngress(Standing.EVERY_LINK), "out", atEgress(Standing.EVERY_LINK)),
            Map.of("in", NFT_META_IIF(), "out", NFT_META_OIF()));

    static Standing.Chain atIngress(String link) {
        return new Standing.Chain(NF_NETDEV_INGRESS(), FIRST_OF_LINK, NF_DROP(), 0, link);
    }

    static Standing.Chain atEgress(String link) {
        return new Standing.Chain(NF_NETDEV_EGRESS(), FIRST_OF_LINK, NF_DROP(), 0, link);
    }

    /** Adds orders that put this in the place of whatever stands under the table's name. */
    void put(Transaction transaction, String table) {
        transaction.emptied(family, table);
        chains.forEach((name, chain) -> transaction.chain(family, table, name, chain));
        exempt.forEach((name, key) -> transaction.acceptLink(family, table, name, key, LOOPBACK));
    }

    /** How what stands there differs from this, a line each. */
    List<String> problems(Standing standing) {
        String table = "nftables " + (family == NFPROTO_INET() ? "inet " : "netdev ") + standing.name();
        List<String> problems = new ArrayList<>();
        if (!standing.there() || standing.flags() != 0) {
            problems.add(table + (standing.there() ? " was switched off" : " is not there"));
        }
        chains.forEach((name, chain) -> {
            if (!chain.equals(standing.chains().get(name))) {
                problems.add(table + " " + name + " does not drop");
            }
        });
        if (!chains.keySet().containsAll(standing.chains().keySet())) {
            problems.add(table + " has other chains than its own");
        }
        Set<Standing.Rule> rules = new HashSet<>();
        exempt.forEach((name, key) -> rules.add(exemption(name, key)));
        if (standing.rules().size() != rules.size() || !rules.equals(Set.copyOf(standing.rules()))) {
            problems.add(table + " has other rules than the loopback's two");
        }
        return problems;
    }

    /** The rule of {@link Transaction#acceptLink} as it is read back. */
    private static Standing.Rule exemption(String chain, int metaKey) {
        return new Standing.Rule(
                chain,
                List.of(
                        Standing.meta(metaKey, NFT_REG_1()),
                        Standing.compare(NFT_REG_1(), NFT_CMP_EQ(), LOOPBACK),
                        Standing.verdict(NFT_REG_VERDICT(), NF_ACCEPT())));
    }
}
