package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import omni.airgap.raw.nfgenmsg;
import org.jspecify.annotations.Nullable;

/**
 * The nftables tables of the gap in one network namespace, without an owner: they stay when the process that made them
 * is killed. For any thread.
 *
 * <pre>
 *   table inet   omni_gap   chains input, forward, output: policy drop; input and output accept the loopback by its number
 *   table netdev omni_gap   chains in-N and out-N for each link N but the loopback: policy drop, at ingress and egress
 * </pre>
 *
 * <p>The first stops what has an IP header whatever links there are; the second stops every frame of a link, ARP and
 * packet sockets too. What neither sees, AF_XDP, needs the link down. Source: linux/netfilter/nf_tables.h.
 */
final class DropTable implements Closeable {
    static final String NAME = "omni_gap";

    /** Before all that others may have put there: NF_IP_PRI_FIRST is the smallest number of all. */
    private static final int FIRST = Integer.MIN_VALUE + 1;
    /** A chain at ingress may not be at the smallest numbers. */
    private static final int FIRST_OF_LINK = -500;
    /** The loopback has this number in every namespace. */
    private static final int LOOPBACK = 1;

    private static final Standing.Chain INPUT = new Standing.Chain(NF_INET_LOCAL_IN(), FIRST, NF_DROP(), 0, "");
    private static final Standing.Chain FORWARD = new Standing.Chain(NF_INET_FORWARD(), FIRST, NF_DROP(), 0, "");
    private static final Standing.Chain OUTPUT = new Standing.Chain(NF_INET_LOCAL_OUT(), FIRST, NF_DROP(), 0, "");
    private static final Map<String, Standing.Chain> INET =
            Map.of("input", INPUT, "forward", FORWARD, "output", OUTPUT);
    private static final Set<Standing.Rule> EXEMPTIONS =
            Set.of(exemption("input", NFT_META_IIF()), exemption("output", NFT_META_OIF()));

    private static final int CREATE = NLM_F_CREATE() | NLM_F_ACK();
    /** Links in one transaction, so that a machine with thousands needs no send buffer without bound. */
    private static final int LINKS_MAX = 256;

    private final Netlink netfilter;

    /** In the namespace of the calling thread. */
    DropTable() throws KernelException {
        netfilter = Netlink.open(NETLINK_NETFILTER());
    }

    /**
     * Makes what is missing of both tables, and makes anew what is not as it should be. The table for all links comes first,
     * in a transaction of its own: one link that vanishes meanwhile keeps nobody else's packets.
     *
     * @param links all of the namespace
     */
    void install(Collection<Link> links) throws KernelException {
        if (!inetProblems(read(NFPROTO_INET())).isEmpty()) {
            Datagram batch = begin();
            inet(batch);
            commit("set up the drop table", batch);
        }
        Standing netdev = read(NFPROTO_NETDEV());
        boolean anew = netdev.there() && spoilt(netdev, links);
        Datagram batch = begin();
        if (anew) {
            emptied(batch, NFPROTO_NETDEV());
        }
        Map<String, Standing.Chain> chains = anew ? Map.of() : netdev.chains();
        int count = 0;
        for (Link link : links) {
            if (!link.loopback()) {
                link(batch, link, outName(link), NF_NETDEV_EGRESS(), chains);
                link(batch, link, inName(link), NF_NETDEV_INGRESS(), chains);
                if (++count % LINKS_MAX == 0) {
                    batch = commitSome(batch);
                }
            }
        }
        commitSome(batch);
    }

    private Datagram commitSome(Datagram batch) throws KernelException {
        if (batch.messages() > 1) {
            commit("set up the drop tables of the links", batch);
        }
        return begin();
    }

    private static void inet(Datagram batch) {
        emptied(batch, NFPROTO_INET());
        INET.forEach((name, chain) -> chain(batch, NFPROTO_INET(), name, chain));
        acceptLoopback(batch, "input", NFT_META_IIF());
        acceptLoopback(batch, "output", NFT_META_OIF());
    }

    /** Away with whatever stands under the name, and the table anew: in one transaction, so that no packet comes between. */
    private static void emptied(Datagram batch, int family) {
        table(batch, family); // so that deleting never fails for want of it
        message(batch, NFT_MSG_DELTABLE(), family, NLM_F_ACK()).text(NFTA_TABLE_NAME(), NAME);
        table(batch, family);
    }

    /** Whether somebody has made of the links' table what it was not. A link that was renamed is none of that. */
    private static boolean spoilt(Standing netdev, Collection<Link> links) {
        boolean chains = links.stream()
                .allMatch(link -> like(netdev.chains().get(outName(link)), chain(link, NF_NETDEV_EGRESS()))
                        && like(netdev.chains().get(inName(link)), chain(link, NF_NETDEV_INGRESS())));
        return netdev.flags() != 0 || !netdev.rules().isEmpty() || !chains;
    }

    private static boolean like(Standing.@Nullable Chain there, Standing.Chain wanted) {
        return there == null || there.sameButLink(wanted);
    }

    /** A chain that is another link's by now, of one that was renamed or has taken a number over, is made anew. */
    private static void link(Datagram batch, Link link, String name, int hook, Map<String, Standing.Chain> there) {
        Standing.Chain wanted = chain(link, hook);
        if (!wanted.equals(there.get(name))) {
            table(batch, NFPROTO_NETDEV());
            if (there.containsKey(name)) {
                message(batch, NFT_MSG_DELCHAIN(), NFPROTO_NETDEV(), NLM_F_ACK())
                        .text(NFTA_CHAIN_TABLE(), NAME)
                        .text(NFTA_CHAIN_NAME(), name);
            }
            chain(batch, NFPROTO_NETDEV(), name, wanted);
        }
    }

    private static Standing.Chain chain(Link link, int hook) {
        return new Standing.Chain(hook, FIRST_OF_LINK, NF_DROP(), 0, link.name());
    }

    /** What is not as it should be, a line each; empty where both tables stand whole. */
    List<String> problems(Collection<Link> links) throws KernelException {
        List<String> problems = inetProblems(read(NFPROTO_INET()));
        Standing netdev = read(NFPROTO_NETDEV());
        if (netdev.flags() != 0 || !netdev.rules().isEmpty()) {
            problems.add("nftables netdev " + NAME + " was switched off or has rules");
        }
        for (Link link : links) {
            if (!link.loopback()) {
                if (!chain(link, NF_NETDEV_EGRESS()).equals(netdev.chains().get(outName(link)))) {
                    problems.add("nftables netdev " + NAME + " does not drop what leaves " + link.name());
                }
                if (!chain(link, NF_NETDEV_INGRESS()).equals(netdev.chains().get(inName(link)))) {
                    problems.add("nftables netdev " + NAME + " does not drop what comes to " + link.name());
                }
            }
        }
        return problems;
    }

    private Standing read(int family) throws KernelException {
        return Standing.read(netfilter, family, NAME);
    }

    private static List<String> inetProblems(Standing inet) {
        List<String> problems = new ArrayList<>();
        if (!inet.there() || inet.flags() != 0) {
            problems.add("nftables inet " + NAME + (inet.there() ? " was switched off" : " is not there"));
        }
        INET.forEach((name, chain) -> {
            if (!chain.equals(inet.chains().get(name))) {
                problems.add("nftables inet " + NAME + " " + name + " does not drop");
            }
        });
        if (inet.rules().size() != EXEMPTIONS.size() || !EXEMPTIONS.equals(Set.copyOf(inet.rules()))) {
            problems.add("nftables inet " + NAME + " has other rules than the loopback's two");
        }
        return problems;
    }

    /** Takes both tables away; it is fine if they are not there. */
    void remove() throws KernelException {
        Datagram batch = begin();
        for (int family : List.of(NFPROTO_INET(), NFPROTO_NETDEV())) {
            table(batch, family); // so that deleting never fails for want of it
            message(batch, NFT_MSG_DELTABLE(), family, NLM_F_ACK()).text(NFTA_TABLE_NAME(), NAME);
        }
        commit("remove the drop tables", batch);
    }

    /** Whether one of the tables is there. */
    boolean present() throws KernelException {
        return read(NFPROTO_INET()).there() || read(NFPROTO_NETDEV()).there();
    }

    /** By its number, and not its name: a link may be called "lo". */
    static String outName(Link link) {
        return "out-" + link.index();
    }

    static String inName(Link link) {
        return "in-" + link.index();
    }

    private static Datagram begin() {
        return message(new Datagram(), NFNL_MSG_BATCH_BEGIN(), 0, 0);
    }

    private void commit(String what, Datagram batch) throws KernelException {
        int orders = batch.messages() - 1;
        message(batch, NFNL_MSG_BATCH_END(), 0, 0);
        List<Netlink.Refusal> refusals = netfilter.tell(batch, orders);
        if (!refusals.isEmpty()) {
            throw new KernelException(what, refusals.getFirst().errno());
        }
    }

    private static void table(Datagram batch, int family) {
        message(batch, NFT_MSG_NEWTABLE(), family, CREATE).text(NFTA_TABLE_NAME(), NAME);
    }

    private static void chain(Datagram batch, int family, String name, Standing.Chain chain) {
        message(batch, NFT_MSG_NEWCHAIN(), family, CREATE)
                .text(NFTA_CHAIN_TABLE(), NAME)
                .text(NFTA_CHAIN_NAME(), name)
                .nested(NFTA_CHAIN_HOOK(), inside -> {
                    inside.networkNumber(NFTA_HOOK_HOOKNUM(), chain.hook())
                            .networkNumber(NFTA_HOOK_PRIORITY(), chain.priority());
                    if (!chain.link().isEmpty()) {
                        inside.text(NFTA_HOOK_DEV(), chain.link());
                    }
                })
                .networkNumber(NFTA_CHAIN_POLICY(), chain.policy())
                .text(NFTA_CHAIN_TYPE(), "filter");
    }

    /** The rule of {@link #acceptLoopback} as it is read back. */
    private static Standing.Rule exemption(String chain, int metaKey) {
        return new Standing.Rule(
                chain,
                List.of(
                        Standing.meta(metaKey, NFT_REG_1()),
                        Standing.compare(NFT_REG_1(), NFT_CMP_EQ(), LOOPBACK),
                        Standing.verdict(NFT_REG_VERDICT(), NF_ACCEPT())));
    }

    /** meta iif 1 accept, in nft(8)'s words. The number of the link is compared in the machine's order. */
    private static void acceptLoopback(Datagram batch, String chain, int metaKey) {
        message(batch, NFT_MSG_NEWRULE(), NFPROTO_INET(), CREATE | NLM_F_APPEND())
                .text(NFTA_RULE_TABLE(), NAME)
                .text(NFTA_RULE_CHAIN(), chain)
                .nested(NFTA_RULE_EXPRESSIONS(), list -> {
                    expression(
                            list,
                            "meta",
                            data -> data.networkNumber(NFTA_META_KEY(), metaKey)
                                    .networkNumber(NFTA_META_DREG(), NFT_REG_1()));
                    expression(
                            list,
                            "cmp",
                            data -> data.networkNumber(NFTA_CMP_SREG(), NFT_REG_1())
                                    .networkNumber(NFTA_CMP_OP(), NFT_CMP_EQ())
                                    .nested(NFTA_CMP_DATA(), value -> value.number(NFTA_DATA_VALUE(), LOOPBACK)));
                    expression(
                            list,
                            "immediate",
                            data -> data.networkNumber(NFTA_IMMEDIATE_DREG(), NFT_REG_VERDICT())
                                    .nested(
                                            NFTA_IMMEDIATE_DATA(),
                                            value -> value.nested(
                                                    NFTA_DATA_VERDICT(),
                                                    code -> code.networkNumber(NFTA_VERDICT_CODE(), NF_ACCEPT()))));
                });
    }

    private static void expression(Datagram list, String name, java.util.function.Consumer<Datagram> data) {
        list.nested(
                NFTA_LIST_ELEM(),
                element -> element.text(NFTA_EXPR_NAME(), name).nested(NFTA_EXPR_DATA(), data));
    }

    private static Datagram message(Datagram datagram, int type, int family, int flags) {
        boolean batch = type == NFNL_MSG_BATCH_BEGIN() || type == NFNL_MSG_BATCH_END();
        return datagram.message(batch ? type : NFNL_SUBSYS_NFTABLES() << 8 | type, flags)
                .header(nfgenmsg.sizeof(), header -> {
                    nfgenmsg.nfgen_family(header, (byte) family);
                    nfgenmsg.version(header, (byte) NFNETLINK_V0());
                    // The subsystem stands in the batch's messages alone, in network order.
                    nfgenmsg.res_id(header, batch ? Short.reverseBytes((short) NFNL_SUBSYS_NFTABLES()) : 0);
                });
    }

    @Override
    public void close() {
        netfilter.close();
    }
}
