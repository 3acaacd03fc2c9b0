package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import omni.airgap.raw.nfgenmsg;

/**
 * What stands in one nftables table, read back from the kernel: all that decides what the table does. Mutable while it is
 * read; used by one thread.
 *
 * <p>Source: linux/netfilter/nf_tables.h.
 */
final class Standing {
    private static final int DUMP = NLM_F_ROOT() | NLM_F_MATCH();

    /** The link of a chain that is for all of a namespace; no link has this name. */
    static final String EVERY_LINK = "/";

    private final String name;
    private boolean there;
    private int flags;
    private final Map<String, Chain> chains = new TreeMap<>();
    private final List<Rule> rules = new ArrayList<>();

    /**
     * A chain. Of one that hangs at no hook, hook and priority are -1.
     *
     * @param hook where in the kernel it hangs
     * @param priority its place among those that hang there
     * @param policy what becomes of a packet that no rule decides
     * @param flags beyond "base": such as offload to hardware; 0 for ours
     * @param link the link that it is for, as the kernel names it now; {@link #EVERY_LINK}; empty where it is for none
     */
    record Chain(int hook, int priority, int policy, int flags, String link) {
        /** The same but for the name that the link has by now. */
        boolean sameButLink(Chain other) {
            return hook == other.hook && priority == other.priority && policy == other.policy && flags == other.flags;
        }
    }

    /** A rule: its chain and its expressions, in words and numbers of our own. */
    record Rule(String chain, List<String> expressions) {}

    private Standing(String name) {
        this.name = name;
    }

    /** The flags of each of that family's tables, by name. */
    static Map<String, Integer> tables(Netlink netfilter, int family) throws KernelException {
        Map<String, Integer> tables = new TreeMap<>();
        netfilter.dump("list tables", request(NFT_MSG_GETTABLE(), family), tables::clear, message -> {
            Attributes table = body(message);
            tables.put(
                    table.text(NFTA_TABLE_NAME()).orElse(""),
                    table.networkNumber(NFTA_TABLE_FLAGS()).orElse(0));
        });
        return tables;
    }

    /** The table of that name and family; without one, {@link #there} is false. */
    static Standing read(Netlink netfilter, int family, String name) throws KernelException {
        Standing standing = new Standing(name);
        Map<String, Integer> tables = tables(netfilter, family);
        standing.there = tables.containsKey(name);
        standing.flags = tables.getOrDefault(name, 0);
        netfilter.dump("list chains", request(NFT_MSG_GETCHAIN(), family), standing.chains::clear, message -> {
            Attributes chain = body(message);
            if (chain.text(NFTA_CHAIN_TABLE()).orElse("").equals(name)) {
                standing.chains.put(chain.text(NFTA_CHAIN_NAME()).orElse(""), chain(chain));
            }
        });
        Datagram rules = request(NFT_MSG_GETRULE(), family).text(NFTA_RULE_TABLE(), name);
        netfilter.dump("list rules", rules, standing.rules::clear, message -> {
            Attributes rule = body(message);
            if (rule.text(NFTA_RULE_TABLE()).orElse("").equals(name)) {
                standing.rules.add(rule(rule));
            }
        });
        return standing;
    }

    private static Attributes body(Netlink.Message message) {
        return Attributes.read(message.body().asSlice(nfgenmsg.sizeof()));
    }

    private static Datagram request(int type, int family) {
        return new Datagram()
                .message(NFNL_SUBSYS_NFTABLES() << 8 | type, DUMP)
                .header(nfgenmsg.sizeof(), header -> nfgenmsg.nfgen_family(header, (byte) family));
    }

    private static Chain chain(Attributes chain) {
        Attributes hook = chain.nested(NFTA_CHAIN_HOOK());
        return new Chain(
                hook.networkNumber(NFTA_HOOK_HOOKNUM()).orElse(-1),
                hook.networkNumber(NFTA_HOOK_PRIORITY()).orElse(-1),
                chain.networkNumber(NFTA_CHAIN_POLICY()).orElse(-1),
                chain.networkNumber(NFTA_CHAIN_FLAGS()).orElse(0) & ~1, // 1: hangs at a hook, which the hook says
                link(hook));
    }

    private static String link(Attributes hook) {
        Attributes links = hook.nested(NFTA_HOOK_DEVS());
        return hook.text(NFTA_HOOK_DEV())
                .or(() -> links.text(Transaction.NFTA_DEVICE_PREFIX)
                        .map(EVERY_LINK::concat)) // of an empty one nothing is left
                .or(() -> links.text(NFTA_DEVICE_NAME()))
                .orElse("");
    }

    private static Rule rule(Attributes rule) {
        return new Rule(
                rule.text(NFTA_RULE_CHAIN()).orElse(""),
                rule.nested(NFTA_RULE_EXPRESSIONS()).each().stream()
                        .map(Standing::expression)
                        .toList());
    }

    private static String expression(Attributes expression) {
        String name = expression.text(NFTA_EXPR_NAME()).orElse("?");
        Attributes data = expression.nested(NFTA_EXPR_DATA());
        return switch (name) {
            case "meta" ->
                meta(
                        data.networkNumber(NFTA_META_KEY()).orElse(-1),
                        data.networkNumber(NFTA_META_DREG()).orElse(-1));
            case "cmp" ->
                compare(
                        data.networkNumber(NFTA_CMP_SREG()).orElse(-1),
                        data.networkNumber(NFTA_CMP_OP()).orElse(-1),
                        data.nested(NFTA_CMP_DATA()).number(NFTA_DATA_VALUE()).orElse(-1));
            case "immediate" ->
                verdict(
                        data.networkNumber(NFTA_IMMEDIATE_DREG()).orElse(-1),
                        data.nested(NFTA_IMMEDIATE_DATA())
                                .nested(NFTA_DATA_VERDICT())
                                .networkNumber(NFTA_VERDICT_CODE())
                                .orElse(-1));
            default -> name;
        };
    }

    static String meta(int key, int register) {
        return "meta " + key + " into " + register;
    }

    static String compare(int register, int operator, int value) {
        return "compare " + register + " by " + operator + " with " + value;
    }

    static String verdict(int register, int code) {
        return "verdict in " + register + " " + code;
    }

    String name() {
        return name;
    }

    /** Whether the table is there. */
    boolean there() {
        return there;
    }

    /** Of the table: 0 where it is at work and nobody's. */
    int flags() {
        return flags;
    }

    Map<String, Chain> chains() {
        return chains;
    }

    List<Rule> rules() {
        return rules;
    }
}
