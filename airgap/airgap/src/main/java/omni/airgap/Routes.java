package omni.airgap;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.ifaddrmsg;
import omni.airgap.raw.nlmsghdr;
import omni.airgap.raw.rtmsg;
import omni.airgap.raw.rtnexthop;

/**
 * What the kernel takes from a link that goes down and does not give back when it comes up: its addresses of IPv6 and all routes
 * over it but those that the kernel makes itself. It is kept as the messages that make it again, one behind the other: those of the
 * kernel's own lists, which it takes back as they are (as {@code ip route save} and {@code restore} do).
 *
 * <p>Not among it: what routers announce, and all other addresses that have an end, which come again by themselves; routes by a
 * nexthop object.
 *
 * <p>Source: rtnetlink(7), linux/rtnetlink.h, linux/if_addr.h.
 */
final class Routes {
    /** More than the routes of a home: what is past it is not kept. */
    static final int BYTES_MAX = 256 << 10;

    private static final int DUMP = Kernel.NLM_F_ROOT() | Kernel.NLM_F_MATCH();
    private static final int MAKE = Kernel.NLM_F_CREATE() | Kernel.NLM_F_EXCL() | Kernel.NLM_F_ACK();
    private static final int HEADER_BYTES = (int) nlmsghdr.sizeof();
    private static final int ROUTE_BYTES = (int) rtmsg.sizeof();
    private static final int ADDRESS_BYTES = (int) ifaddrmsg.sizeof();
    private static final int WORDS_MAX = 5;
    private static final int OUT_OF_ORDER = Kernel.RTNH_F_DEAD() | Kernel.RTNH_F_LINKDOWN();

    private Routes() {}

    /** A message of a list, without its header. Addresses come first, then what has no gateway: a gateway must be within reach. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(int type, int rank, byte[] body) {}

    /** The messages that make again what the links here would lose now. */
    static byte[] read(Netlink route) throws KernelException {
        Entries addresses = new Entries();
        Datagram all = new Datagram()
                .message(Kernel.RTM_GETADDR(), DUMP)
                .header(ADDRESS_BYTES, header -> ifaddrmsg.ifa_family(header, (byte) Libc.AF_INET6));
        route.dump("list addresses", all, addresses::clear, message -> {
            if (message.type() == Kernel.RTM_NEWADDR() && lostAddress(message.body())) {
                addresses.add(message, 0);
            }
        });
        List<Entry> entries = new ArrayList<>(addresses.list);
        for (int family : List.of(Libc.AF_INET, Libc.AF_INET6)) {
            entries.addAll(routes(route, family));
        }
        entries.sort(Comparator.comparingInt(Entry::rank));
        Datagram kept = new Datagram();
        for (Entry entry : entries) {
            if (kept.bytes() + HEADER_BYTES + entry.body().length <= BYTES_MAX) {
                kept.message(entry.type(), MAKE)
                        .header(entry.body().length, to -> to.copyFrom(MemorySegment.ofArray(entry.body())));
            }
        }
        return kept.whole().toArray(ValueLayout.JAVA_BYTE);
    }

    /** Of a list that may have no end: what is past the bound is passed over, and said, once. */
    private static final class Entries {
        private static final AtomicBoolean SAID = new AtomicBoolean();

        private final List<Entry> list = new ArrayList<>();
        private int bytes;
        private boolean full;

        void clear() {
            list.clear();
            bytes = 0;
            full = false;
        }

        void add(Netlink.Message message, int rank) {
            int more = HEADER_BYTES + Math.toIntExact(message.body().byteSize());
            full |= bytes + more > BYTES_MAX;
            if (!full) {
                bytes += more;
                list.add(new Entry(message.type(), rank, message.body().toArray(ValueLayout.JAVA_BYTE)));
            } else if (SAID.compareAndSet(false, true)) {
                System.getLogger("omni.airgap")
                        .log(System.Logger.Level.WARNING, "There are more routes than a lift gives back: past 256 KiB");
            }
        }
    }

    private static List<Entry> routes(Netlink route, int family) throws KernelException {
        Entries entries = new Entries();
        Datagram all = new Datagram()
                .message(Kernel.RTM_GETROUTE(), DUMP)
                .header(ROUTE_BYTES, header -> rtmsg.rtm_family(header, (byte) family));
        route.dump("list routes", all, entries::clear, message -> {
            if (message.type() == Kernel.RTM_NEWROUTE() && lostRoute(message.body())) {
                Attributes attributes = Attributes.read(message.body().asSlice(ROUTE_BYTES));
                boolean far = attributes.get(Kernel.RTA_GATEWAY()).isPresent()
                        || attributes.get(Kernel.RTA_VIA()).isPresent()
                        || attributes.get(Kernel.RTA_MULTIPATH()).isPresent();
                rtmsg.rtm_flags(message.body(), rtmsg.rtm_flags(message.body()) & ~OUT_OF_ORDER);
                attributes.get(Kernel.RTA_MULTIPATH()).ifPresent(Routes::inOrder);
                entries.add(message, far ? 2 : 1);
            }
        });
        return entries.list;
    }

    /** What a list says of nexthops that are out of order the kernel does not take. */
    private static void inOrder(MemorySegment nexthops) {
        long at = 0;
        while (at + rtnexthop.sizeof() <= nexthops.byteSize()) {
            MemorySegment hop = nexthops.asSlice(at, rtnexthop.sizeof());
            rtnexthop.rtnh_flags(hop, (byte) (rtnexthop.rtnh_flags(hop) & ~OUT_OF_ORDER));
            int length = Short.toUnsignedInt(rtnexthop.rtnh_len(hop));
            if (length < rtnexthop.sizeof()) {
                return;
            }
            at += (length + 3) & ~3;
        }
    }

    /** Of those that somebody set for good: what a router announces has an end. */
    private static boolean lostAddress(MemorySegment body) {
        return ifaddrmsg.ifa_family(body) == Libc.AF_INET6
                && ifaddrmsg.ifa_scope(body) == Kernel.RT_SCOPE_UNIVERSE()
                && (ifaddrmsg.ifa_flags(body) & Kernel.IFA_F_PERMANENT()) != 0;
    }

    private static boolean lostRoute(MemorySegment body) {
        int by = Byte.toUnsignedInt(rtmsg.rtm_protocol(body));
        return rtmsg.rtm_type(body) == Kernel.RTN_UNICAST()
                && (rtmsg.rtm_flags(body) & Kernel.RTM_F_CLONED()) == 0
                && by != Kernel.RTPROT_KERNEL()
                && by != Kernel.RTPROT_RA()
                && by != Kernel.RTPROT_REDIRECT();
    }

    /**
     * Makes again what is missing of that.
     *
     * @return what could not be made, a line each
     */
    static List<String> restore(Netlink route, byte[] kept) throws KernelException {
        List<Entry> entries = entries(kept);
        List<String> problems = List.of();
        for (int turn = 0; turn < 2 && (turn == 0 || !problems.isEmpty()); turn++) { // a gateway may be behind another
            Datagram datagram = new Datagram();
            entries.forEach(entry -> datagram.message(entry.type(), MAKE)
                    .header(entry.body().length, to -> to.copyFrom(MemorySegment.ofArray(entry.body()))));
            problems = route.tell(datagram).stream()
                    .filter(refusal -> refusal.errno() != KernelException.EEXIST)
                    .map(refusal -> new KernelException(words(entries.get(refusal.message() - 1)), refusal.errno())
                            .getMessage())
                    .toList();
        }
        return problems.size() <= WORDS_MAX
                ? problems
                : List.of(problems.size() + " routes or addresses are not back, such as " + problems.getFirst());
    }

    /** What was kept, as far as it is what {@link #read} gives. */
    private static List<Entry> entries(byte[] kept) {
        ByteBuffer bytes = ByteBuffer.wrap(kept).order(ByteOrder.nativeOrder());
        List<Entry> entries = new ArrayList<>();
        int at = 0;
        while (at + HEADER_BYTES <= kept.length) {
            int length = bytes.getInt(at);
            if (length < HEADER_BYTES || length > kept.length - at) {
                return entries;
            }
            int type = Short.toUnsignedInt(bytes.getShort(at + Integer.BYTES));
            int least = type == Kernel.RTM_NEWADDR() ? ADDRESS_BYTES : ROUTE_BYTES;
            MemorySegment body = Arena.ofAuto().allocate(Math.max(length - HEADER_BYTES, least), Integer.BYTES);
            MemorySegment.copy(kept, at + HEADER_BYTES, body, ValueLayout.JAVA_BYTE, 0, length - HEADER_BYTES);
            boolean lost = (type == Kernel.RTM_NEWADDR() && lostAddress(body))
                    || (type == Kernel.RTM_NEWROUTE() && lostRoute(body));
            if (lost && length >= HEADER_BYTES + least) {
                entries.add(new Entry(type, 0, Arrays.copyOfRange(kept, at + HEADER_BYTES, at + length)));
            }
            at += (length + 3) & ~3;
        }
        return entries;
    }

    /** Such as "the route to 10.0.0.0/8 is not back". */
    private static String words(Entry entry) {
        boolean address = entry.type() == Kernel.RTM_NEWADDR();
        Attributes attributes =
                Attributes.read(MemorySegment.ofArray(entry.body()).asSlice(address ? ADDRESS_BYTES : ROUTE_BYTES));
        String what = attributes
                .get(address ? Kernel.IFA_ADDRESS() : Kernel.RTA_DST())
                .map(value -> text(value.toArray(ValueLayout.JAVA_BYTE)) + "/" + Byte.toUnsignedInt(entry.body()[1]))
                .orElse("everywhere");
        return (address ? "the address " : "the route to ") + what + " is not back";
    }

    private static String text(byte[] address) {
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            return "?"; // of no length that an address has
        }
    }
}
