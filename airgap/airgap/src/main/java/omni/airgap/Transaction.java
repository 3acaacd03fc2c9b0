package omni.airgap;

import static omni.airgap.raw.Kernel.*;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import omni.airgap.raw.nfgenmsg;

/**
 * Orders to nftables that the kernel carries out all or none of. Used by one thread, for one transaction.
 *
 * <p>Source: linux/netfilter/nf_tables.h, nfnetlink.h.
 */
final class Transaction {
    /** The attribute of a link's name by its beginning (linux/netfilter/nf_tables.h of 6.17), which older headers have not. */
    static final int NFTA_DEVICE_PREFIX = 2;

    private static final int CREATE = NLM_F_CREATE() | NLM_F_ACK();

    private final Datagram batch = new Datagram();

    Transaction() {
        message(NFNL_MSG_BATCH_BEGIN(), 0, 0);
    }

    /** Whether there is nothing to do. */
    boolean empty() {
        return batch.messages() == 1;
    }

    /** A table without an owner; it is fine if it is there. */
    void table(int family, String name) {
        message(NFT_MSG_NEWTABLE(), family, CREATE).text(NFTA_TABLE_NAME(), name);
    }

    /** Takes a table away; it is fine if it is not there. */
    void remove(int family, String name) {
        table(family, name); // so that deleting never fails for want of it
        message(NFT_MSG_DELTABLE(), family, NLM_F_ACK()).text(NFTA_TABLE_NAME(), name);
    }

    /** Away with whatever stands under the name, and the table anew. */
    void emptied(int family, String name) {
        remove(family, name);
        table(family, name);
    }

    /** A chain in a table that is there. */
    void chain(int family, String table, String name, Standing.Chain chain) {
        message(NFT_MSG_NEWCHAIN(), family, CREATE)
                .text(NFTA_CHAIN_TABLE(), table)
                .text(NFTA_CHAIN_NAME(), name)
                .nested(NFTA_CHAIN_HOOK(), inside -> {
                    inside.networkNumber(NFTA_HOOK_HOOKNUM(), chain.hook())
                            .networkNumber(NFTA_HOOK_PRIORITY(), chain.priority());
                    if (chain.link().equals(Standing.EVERY_LINK)) {
                        inside.nested(NFTA_HOOK_DEVS(), devices -> devices.text(NFTA_DEVICE_PREFIX, ""));
                    } else if (!chain.link().isEmpty()) {
                        inside.text(NFTA_HOOK_DEV(), chain.link());
                    }
                })
                .networkNumber(NFTA_CHAIN_POLICY(), chain.policy())
                .text(NFTA_CHAIN_TYPE(), "filter");
    }

    /** Takes a chain away that is there. */
    void removeChain(int family, String table, String name) {
        message(NFT_MSG_DELCHAIN(), family, NLM_F_ACK())
                .text(NFTA_CHAIN_TABLE(), table)
                .text(NFTA_CHAIN_NAME(), name);
    }

    /**
     * Adds the rule {@code meta iif NUMBER accept}, in nft(8)'s words.
     *
     * @param metaKey which of the packet's links is compared
     * @param number of the link
     */
    void acceptLink(int family, String table, String chain, int metaKey, int number) {
        message(NFT_MSG_NEWRULE(), family, CREATE | NLM_F_APPEND())
                .text(NFTA_RULE_TABLE(), table)
                .text(NFTA_RULE_CHAIN(), chain)
                .nested(NFTA_RULE_EXPRESSIONS(), list -> {
                    expression(
                            list,
                            "meta",
                            data -> data.networkNumber(NFTA_META_KEY(), metaKey)
                                    .networkNumber(NFTA_META_DREG(), NFT_REG_1()));
                    expression(
                            list,
                            "cmp", // in the machine's order, as the kernel holds a link's number
                            data -> data.networkNumber(NFTA_CMP_SREG(), NFT_REG_1())
                                    .networkNumber(NFTA_CMP_OP(), NFT_CMP_EQ())
                                    .nested(NFTA_CMP_DATA(), value -> value.number(NFTA_DATA_VALUE(), number)));
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

    /** Carries it out. Where the kernel refuses one order, nothing has changed. */
    void commit(Netlink netfilter, String what) throws KernelException {
        int orders = batch.messages() - 1;
        message(NFNL_MSG_BATCH_END(), 0, 0);
        List<Netlink.Refusal> refusals = netfilter.tell(batch, orders);
        if (!refusals.isEmpty()) {
            throw new KernelException(what, refusals.getFirst().errno());
        }
    }

    /**
     * Whether the kernel knows what is ordered here; empty where it does not say. It tells of a transaction that does not end, too,
     * and then drops it.
     */
    Optional<Boolean> known(Netlink netfilter) {
        try {
            List<Netlink.Refusal> refusals = netfilter.tell(batch, batch.messages() - 1);
            if (refusals.isEmpty()) {
                return Optional.of(true);
            }
            int errno = refusals.getFirst().errno();
            boolean unknown = errno == KernelException.EINVAL || errno == KernelException.EOPNOTSUPP;
            return unknown ? Optional.of(false) : Optional.empty();
        } catch (KernelException e) {
            return Optional.empty();
        }
    }

    private static void expression(Datagram list, String name, Consumer<Datagram> data) {
        list.nested(
                NFTA_LIST_ELEM(),
                element -> element.text(NFTA_EXPR_NAME(), name).nested(NFTA_EXPR_DATA(), data));
    }

    private Datagram message(int type, int family, int flags) {
        boolean mark = type == NFNL_MSG_BATCH_BEGIN() || type == NFNL_MSG_BATCH_END();
        return batch.message(mark ? type : NFNL_SUBSYS_NFTABLES() << 8 | type, flags)
                .header(nfgenmsg.sizeof(), header -> {
                    nfgenmsg.nfgen_family(header, (byte) family);
                    nfgenmsg.version(header, (byte) NFNETLINK_V0());
                    // The subsystem stands in the batch's marks alone, in network order.
                    nfgenmsg.res_id(header, mark ? Short.reverseBytes((short) NFNL_SUBSYS_NFTABLES()) : 0);
                });
    }
}
