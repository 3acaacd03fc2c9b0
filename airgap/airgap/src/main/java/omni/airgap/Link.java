package omni.airgap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.ifinfomsg;
import omni.airgap.raw.rtnl_link_stats64;

/**
 * A link of a network namespace as the kernel told.
 *
 * @param index its number in its namespace
 * @param name such as {@code eth0}
 * @param loopback whether it is the loopback, which the gap leaves alone
 * @param up whether it is up (IFF_UP), be there a cable or not
 * @param alias its alias; empty for none
 * @param kind what made it ({@code veth}, {@code macvlan}); empty for hardware
 * @param sentFrames frames sent since it was made; -1 where the kernel was not asked
 */
record Link(int index, String name, boolean loopback, boolean up, String alias, String kind, long sentFrames) {
    /** Stands before the alias of a link that the gap has taken down: it is to come up again when the gap is lifted. */
    static final String MARK = "omni-gap ";
    /** Most bytes of an alias: IFALIASZ in linux/if.h, less the final NUL. */
    static final int ALIAS_BYTES_MAX = 255;

    private static final long SENT_AT = rtnl_link_stats64.tx_packets$offset();
    private static final int HEADER_BYTES = (int) ifinfomsg.sizeof();

    /** Reads one from the body of RTM_NEWLINK or RTM_DELLINK. */
    static Link read(MemorySegment body) {
        Attributes attributes = attributes(body);
        int flags = ifinfomsg.ifi_flags(body);
        return new Link(
                ifinfomsg.ifi_index(body),
                attributes.text(Kernel.IFLA_IFNAME()).orElse("?"),
                (flags & Kernel.IFF_LOOPBACK()) != 0,
                (flags & Kernel.IFF_UP()) != 0,
                attributes.text(Kernel.IFLA_IFALIAS()).orElse(""),
                attributes
                        .nested(Kernel.IFLA_LINKINFO())
                        .text(Kernel.IFLA_INFO_KIND())
                        .orElse(""),
                attributes
                        .get(Kernel.IFLA_STATS64())
                        .filter(stats -> stats.byteSize() >= SENT_AT + Long.BYTES)
                        .map(stats -> stats.get(ValueLayout.JAVA_LONG_UNALIGNED, SENT_AT))
                        .orElse(-1L));
    }

    /** Of RTM_DELLINK: the number, here, of the namespace that the link went to; nothing where it is no more. */
    static OptionalInt newNamespace(MemorySegment body) {
        return attributes(body).number(Kernel.IFLA_NEW_NETNSID());
    }

    static Attributes attributes(MemorySegment body) {
        return Attributes.read(body.asSlice(HEADER_BYTES));
    }

    /** Whether the gap has taken it down. */
    boolean marked() {
        return alias.startsWith(MARK);
    }

    /** Its alias without the mark. */
    String ownAlias() {
        return marked() ? alias.substring(MARK.length()) : alias;
    }
}
