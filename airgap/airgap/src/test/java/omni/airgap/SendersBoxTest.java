package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every way that we know to get a frame out of a namespace, against the gap: while it is open frames reach the
 * neighbour, which is the control; once it is closed not one does, of any ethertype, be the sender at work already or
 * started in the gap. What this kernel lacks (SCTP, 802.1Q) is tried in a guest.
 */
class SendersBoxTest {
    private static final int WINDOW_MILLIS = 250;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp",
                "tcp6",
                "mptcp",
                "mptcp6",
                "udp",
                "udp6",
                "udp-connected",
                "udplite",
                "broadcast",
                "multicast",
                "multicast6",
                "bound-to-device",
                "icmp",
                "icmp6",
                "neighbour-solicitation",
                "raw",
                "raw6",
                "forged-source",
                "packet",
                "packet-ip",
                "packet-cooked",
                "qdisc-bypass",
                "packet-ring",
                "arp",
                "xdp",
                "io_uring",
                "tun",
                "passed-descriptor",
                "child-namespace",
                "macvlan",
                "vxlan",
                "bridge"
            })
    void nothingLeavesInAGap(String kind) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            Process before = street.startInBox(Tools.probe("send").toString(), kind);
            assertEquals("ready", before.inputReader().readLine());
            capture.count();
            Tools.await(
                    kind + " reaches the neighbour while the gap is open",
                    () -> capture.count().frames() > 0);

            Gap.Status closed = gap.engage();
            assertEquals(State.GAP, closed.state(), closed.toString());
            capture.count();
            Tools.pause(WINDOW_MILLIS);
            assertEquals(0, capture.count().frames(), kind + " was at work when the gap was closed");
            assertTrue(before.isAlive());
            before.destroyForcibly().waitFor();

            Process during = street.startInBox(Tools.probe("send").toString(), kind);
            assertEquals("ready", during.inputReader().readLine());
            Tools.pause(WINDOW_MILLIS);
            assertEquals(0, capture.count().frames(), kind + " was started in the gap");
            assertTrue(during.isAlive());

            gap.lift();
            Tools.await(
                    kind + " reaches the neighbour again", () -> capture.count().frames() > 0);
        }
    }
}
