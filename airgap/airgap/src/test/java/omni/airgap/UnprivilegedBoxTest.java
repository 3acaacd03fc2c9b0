package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import omni.airgap.Capture.Ethertype;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Those who have no right over the namespace in scope: an application of an ordinary user's, and one that is root in a user
 * and network namespace of its own, from which a pair of links leads to the one in scope, by a bridge or a route. Not a frame
 * of theirs gets out in a gap; the control is the same one while the gap is open.
 */
class UnprivilegedBoxTest {
    private static final int WINDOW_MILLIS = 500;
    /** Opened by root, for an ordinary user may not be able to reach a checkout. */
    private static final String AS_NOBODY = "exec 9< \"$0\"; exec setpriv --reuid=65534 --regid=65534 --clear-groups"
            + " --inh-caps=-all --no-new-privs /proc/self/fd/9 \"$@\"";
    /**
     * Once it was handed the link: brings it up, sets its addresses and routes and removes all tables, again and again, and
     * sends.
     */
    private static final String AS_ROOT_OF_ITS_OWN = "echo made; read go; (while kill -0 $$; do ip link set out0 up;"
            + " ip addr replace 10.77.0.3/24 dev out0; ip addr replace fd77:0::3/64 dev out0 nodad;"
            + " ip addr replace 10.88.0.2/24 dev out0; ip route replace 192.0.2.0/24 via 10.88.0.1;"
            + " nft flush ruleset; sleep 0.02; done) > /dev/null 2>&1 & exec \"$0\" \"$1\" out0";

    @TempDir
    Path folder;

    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({
        "tcp, IP",
        "tcp6, IPV6",
        "mptcp, IP",
        "udp, IP",
        "udp6, IPV6",
        "udplite, IP",
        "multicast, IP",
        "multicast6, IPV6",
        "broadcast, IP",
        "io_uring, IP"
    })
    void anApplicationSendsNothing(String kind, Ethertype type) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            var trial = new Trial(gap, capture, kind, type, WINDOW_MILLIS);
            trial.assertNothingLeaves(_ -> nobody(street, kind));
            gap.lift();
            trial.assertLeavesAgain();
        }
    }

    private static Process nobody(Street street, String kind) throws Exception {
        Process process =
                street.startInBox("sh", "-c", AS_NOBODY, Tools.probe("send").toString(), kind);
        assertEquals("ready", process.inputReader().readLine());
        String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
        assertTrue(status.contains("Uid:\t65534\t65534\t65534\t65534\n"), status);
        assertTrue(status.contains("CapEff:\t0000000000000000\n"), status);
        return process;
    }

    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({
        "bridge, udp, IP",
        "bridge, udp6, IPV6",
        "bridge, packet, OTHER",
        "bridge, arp, ARP",
        "bridge, xdp, XDP",
        "route, udp-far, IP"
    })
    void whoIsRootInANamespaceOfItsOwnSendsNothing(String way, String kind, Ethertype type) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            if (way.equals("bridge")) {
                street.inBox("ip", "link", "add", "br0", "type", "bridge");
                street.inBox("ip", "link", "set", "br0", "up");
                street.inBox("ip", "link", "set", "eth0", "master", "br0");
            } else {
                street.inBox("sysctl", "-qw", "net.ipv4.ip_forward=1");
                street.inBox("ip", "route", "add", "192.0.2.0/24", "via", "10.77.0.2");
            }
            var trial = new Trial(gap, capture, kind, type, WINDOW_MILLIS);
            trial.assertNothingLeaves(when -> rootOfItsOwn(street, way, kind, when.equals("before") ? "in0" : "in1"));
            gap.lift();
            if (!way.equals("bridge")) {
                street.inBox("ip", "route", "replace", "192.0.2.0/24", "via", "10.77.0.2");
            }
            trial.assertLeavesAgain();
        }
    }

    private static Process rootOfItsOwn(Street street, String way, String kind, String link) throws Exception {
        Process process = street.startInBox(
                "unshare",
                "--user",
                "--net",
                "--map-root-user",
                "sh",
                "-c",
                AS_ROOT_OF_ITS_OWN,
                Tools.probe("send").toString(),
                kind);
        assertEquals("made", process.inputReader().readLine());
        street.inBox(
                "ip",
                "link",
                "add",
                link,
                "type",
                "veth",
                "peer",
                "name",
                "out0",
                "netns",
                Long.toString(process.pid()));
        if (way.equals("bridge")) {
            street.inBox("ip", "link", "set", link, "master", "br0");
        } else {
            street.inBox("ip", "addr", "replace", "10.88.0.1/24", "dev", link);
        }
        street.inBox("ip", "link", "set", link, "up");
        process.outputWriter().write("go\n");
        process.outputWriter().flush();
        assertEquals("ready", process.inputReader().readLine());
        return process;
    }
}
