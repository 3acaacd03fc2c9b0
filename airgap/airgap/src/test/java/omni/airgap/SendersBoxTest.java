package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import omni.airgap.Capture.Ethertype;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every way that we know to get a frame out of a namespace, against the gap: while it is open, frames of the sender's own
 * ethertype reach the neighbour over a link that was silent before, which is the control; once it is closed not one does, of
 * any ethertype, be the sender at work already or started in the gap. What this kernel lacks (SCTP, 802.1Q) is tried in a
 * guest.
 */
class SendersBoxTest {
    private static final int WINDOW_MILLIS = 250;

    @TempDir
    Path folder;

    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({
        "tcp, IP",
        "tcp6, IPV6",
        "mptcp, IP",
        "mptcp6, IPV6",
        "udp, IP",
        "udp6, IPV6",
        "udp-connected, IP",
        "udp6-connected, IPV6",
        "udplite, IP",
        "udplite6, IPV6",
        "broadcast, IP",
        "multicast, IP",
        "multicast6, IPV6",
        "bound-to-device, IP",
        "bound-to-device6, IPV6",
        "icmp, IP",
        "icmp6, IPV6",
        "neighbour-solicitation, IPV6",
        "raw, IP",
        "raw6, IPV6",
        "forged-source, IP",
        "forged-source6, IPV6",
        "packet, OTHER",
        "packet-ip, IP",
        "packet-ip6, IPV6",
        "packet-cooked, IP",
        "qdisc-bypass, OTHER",
        "packet-ring, OTHER",
        "arp, ARP",
        "xdp, XDP",
        "io_uring, IP",
        "io_uring6, IPV6",
        "tun, IP",
        "tun6, IPV6",
        "passed-descriptor, IP",
        "passed-descriptor6, IPV6",
        "child-namespace, IP",
        "macvlan, IP",
        "macvlan6, IPV6",
        "vxlan, IP",
        "vxlan6, IPV6",
        "bridge, IP"
    })
    void nothingLeavesInAGap(String kind, Ethertype type) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            var trial = new Trial(gap, capture, kind, type, WINDOW_MILLIS);
            trial.assertNothingLeaves(_ -> sender(street, kind));
            gap.lift();
            trial.assertLeavesAgain();
        }
    }

    /** The holder's namespace is in no scope, and its process is no child of one that is. */
    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({"give-udp, IP", "give-packet, OTHER"})
    void aSocketThatIsHeldOutsideOfTheScopeSendsNothing(String kind, Ethertype type) throws Exception {
        try (Street street = new Street(1);
                Street elsewhere = new Street(0);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            var trial = new Trial(gap, capture, kind, type, WINDOW_MILLIS);
            trial.assertNothingLeaves(when -> holder(street, elsewhere, kind, folder.resolve(when)));
            assertEquals(1, gap.gap().wards().size());
            gap.lift();
            trial.assertLeavesAgain();
        }
    }

    private static Process holder(Street street, Street elsewhere, String kind, Path meeting) throws Exception {
        Process holder = elsewhere.startInBox(Tools.probe("send").toString(), "hold", meeting.toString());
        assertEquals("waiting", holder.inputReader().readLine());
        Process giver = street.startInBox(Tools.probe("send").toString(), kind, meeting.toString());
        assertEquals("given", giver.inputReader().readLine());
        assertEquals(0, giver.waitFor());
        assertEquals("ready", holder.inputReader().readLine());
        return holder;
    }

    private static Process sender(Street street, String kind) throws Exception {
        Process sender = street.startInBox(Tools.probe("send").toString(), kind);
        assertEquals("ready", sender.inputReader().readLine());
        return sender;
    }
}
