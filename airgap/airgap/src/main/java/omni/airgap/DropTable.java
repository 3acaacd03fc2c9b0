package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import omni.airgap.raw.nfgenmsg;

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

    /** No link has this name. */
    private static final String WRONG = "/";

    private static final List<String> HOOKS = List.of("input", "forward", "output");
    private static final int CREATE = NLM_F_CREATE() | NLM_F_ACK();
    private static final int DUMP = NLM_F_ROOT() | NLM_F_MATCH();

    private final Netlink netfilter;

    /** In the namespace of the calling thread. */
    DropTable() throws KernelException {
        netfilter = Netlink.open(NETLINK_NETFILTER());
    }

    /** Makes what is missing of both tables, in one transaction; the links are all of the namespace. */
    void install(Collection<Link> links) throws KernelException {
        Map<String, String> inet = chains(NFPROTO_INET());
        Map<String, String> link = chains(NFPROTO_NETDEV());
        Datagram batch = begin();
        if (!inet.keySet().containsAll(HOOKS) || inet.containsValue(WRONG) || !exempted()) {
            inet(batch);
        }
        links(batch, links, link);
        if (batch.messages() > 1) {
            commit("set up the drop tables", batch);
        }
    }

    private static void inet(Datagram batch) {
        table(batch, NFPROTO_INET());
        // Away with whatever stands under the name, and all anew: in one transaction, so that no packet comes between.
        message(batch, NFT_MSG_DELTABLE(), NFPROTO_INET(), NLM_F_ACK()).text(NFTA_TABLE_NAME(), NAME);
        table(batch, NFPROTO_INET());
        chain(batch, NFPROTO_INET(), "input", NF_INET_LOCAL_IN(), FIRST, "");
        chain(batch, NFPROTO_INET(), "forward", NF_INET_FORWARD(), FIRST, "");
        chain(batch, NFPROTO_INET(), "output", NF_INET_LOCAL_OUT(), FIRST, "");
        acceptLoopback(batch, "input", NFT_META_IIF());
        acceptLoopback(batch, "output", NFT_META_OIF());
    }

    private static void links(Datagram batch, Collection<Link> links, Map<String, String> there) {
        for (Link link : links) {
            if (!link.loopback()) {
                link(batch, link, outName(link), NF_NETDEV_EGRESS(), there);
                link(batch, link, inName(link), NF_NETDEV_INGRESS(), there);
            }
        }
    }

    /** A chain that is another link's by now, of one that was renamed or has taken a number over, is made anew. */
    private static void link(Datagram batch, Link link, String name, int hook, Map<String, String> there) {
        if (!link.name().equals(there.get(name))) {
            table(batch, NFPROTO_NETDEV());
            if (there.containsKey(name)) {
                message(batch, NFT_MSG_DELCHAIN(), NFPROTO_NETDEV(), NLM_F_ACK())
                        .text(NFTA_CHAIN_TABLE(), NAME)
                        .text(NFTA_CHAIN_NAME(), name);
            }
            chain(batch, NFPROTO_NETDEV(), name, hook, FIRST_OF_LINK, link.name());
        }
    }

    /** What is not as it should be, a line each; empty where both tables stand whole. */
    List<String> problems(Collection<Link> links) throws KernelException {
        List<String> problems = new ArrayList<>();
        Map<String, String> inet = chains(NFPROTO_INET());
        for (String hook : HOOKS) {
            if (inet.getOrDefault(hook, WRONG).equals(WRONG)) {
                problems.add("nftables inet " + NAME + " " + hook + " does not drop");
            }
        }
        if (!exempted()) {
            problems.add("nftables inet " + NAME + " has other rules than the loopback's two");
        }
        Map<String, String> chains = chains(NFPROTO_NETDEV());
        for (Link link : links) {
            if (!link.loopback() && !link.name().equals(chains.get(outName(link)))) {
                problems.add("nftables netdev " + NAME + " does not drop what leaves " + link.name());
            }
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
        return !chains(NFPROTO_INET()).isEmpty() || !chains(NFPROTO_NETDEV()).isEmpty();
    }

    /**
     * Chains of our table in that family by name, and what each drops everything of: a link's name, or the empty text for all
     * links; {@link #WRONG} where it is no base chain or does not drop.
     */
    private Map<String, String> chains(int family) throws KernelException {
        Map<String, String> chains = new TreeMap<>();
        Datagram request = message(new Datagram(), NFT_MSG_GETCHAIN(), family, DUMP);
        netfilter.dump("list chains", request, chains::clear, message -> {
            Attributes chain = Attributes.read(message.body().asSlice(nfgenmsg.sizeof()));
            if (chain.text(NFTA_CHAIN_TABLE()).orElse("").equals(NAME)) {
                boolean drops = chain.get(NFTA_CHAIN_HOOK()).isPresent()
                        && chain.networkNumber(NFTA_CHAIN_POLICY()).orElse(-1) == NF_DROP();
                chains.put(
                        chain.text(NFTA_CHAIN_NAME()).orElse(""),
                        drops ? device(chain.nested(NFTA_CHAIN_HOOK())) : WRONG);
            }
        });
        return chains;
    }

    /** Of a hook: the one link that it was given, as the kernel names it now. */
    private static String device(Attributes hook) {
        Attributes list = hook.nested(NFTA_HOOK_DEVS());
        return hook.text(NFTA_HOOK_DEV())
                .or(() -> list.text(NFTA_DEVICE_NAME()))
                .orElse("");
    }

    /** Whether the loopback's two exemptions are there, and no other rule. */
    private boolean exempted() throws KernelException {
        List<String> rules = new ArrayList<>();
        Datagram request =
                message(new Datagram(), NFT_MSG_GETRULE(), NFPROTO_INET(), DUMP).text(NFTA_RULE_TABLE(), NAME);
        netfilter.dump("list rules", request, rules::clear, message -> {
            Attributes rule = Attributes.read(message.body().asSlice(nfgenmsg.sizeof()));
            if (rule.text(NFTA_RULE_TABLE()).orElse("").equals(NAME)) {
                rules.add(rule.text(NFTA_RULE_CHAIN()).orElse("") + " " + expressions(rule));
            }
        });
        return rules.stream()
                .sorted()
                .toList()
                .equals(List.of("input meta cmp immediate", "output meta cmp immediate"));
    }

    private static String expressions(Attributes rule) {
        return String.join(
                " ",
                rule.nested(NFTA_RULE_EXPRESSIONS()).each().stream()
                        .map(expression -> expression.text(NFTA_EXPR_NAME()).orElse("?"))
                        .toList());
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

    private static void chain(Datagram batch, int family, String name, int hook, int priority, String link) {
        message(batch, NFT_MSG_NEWCHAIN(), family, CREATE)
                .text(NFTA_CHAIN_TABLE(), NAME)
                .text(NFTA_CHAIN_NAME(), name)
                .nested(NFTA_CHAIN_HOOK(), inside -> {
                    inside.networkNumber(NFTA_HOOK_HOOKNUM(), hook).networkNumber(NFTA_HOOK_PRIORITY(), priority);
                    if (!link.isEmpty()) {
                        inside.text(NFTA_HOOK_DEV(), link);
                    }
                })
                .networkNumber(NFTA_CHAIN_POLICY(), NF_DROP())
                .text(NFTA_CHAIN_TYPE(), "filter");
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
