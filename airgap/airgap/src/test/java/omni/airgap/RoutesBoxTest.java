package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import omni.airgap.raw.Kernel;
import omni.airgap.raw.rtmsg;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a link that goes down loses, and a lift gives back: routes, and addresses of IPv6. */
class RoutesBoxTest {
    @TempDir
    Path folder;

    /** Addresses of IPv6 and routes as an owner without a network manager sets them; one gateway is behind another. */
    private static void furnish(Street street) {
        street.inBox("ip", "addr", "add", "fd99::7/64", "dev", "eth0", "nodad");
        street.inBox("ip", "route", "add", "10.8.0.0/16", "dev", "eth0", "scope", "link");
        street.inBox("ip", "route", "add", "10.7.0.0/16", "via", "10.8.1.1", "src", "10.77.0.1");
        street.inBox("ip", "route", "add", "default", "via", "10.77.0.2", "metric", "50");
        street.inBox("ip", "route", "add", "10.6.0.0/16", "via", "10.77.1.2", "table", "77");
        street.inBox("ip", "-6", "route", "add", "default", "via", "fd77:0::2", "metric", "20");
        street.inBox("ip", "-6", "route", "add", "fd55::/48", "via", "fe80::1", "dev", "eth1", "mtu", "1400");
    }

    /** Routes of all tables and addresses; without what the kernel makes by itself when a link comes up. */
    private static String view(Street street) {
        return List.of(
                        street.inBox("ip", "-4", "route", "show", "table", "all"),
                        street.inBox("ip", "-6", "route", "show", "table", "all"),
                        street.inBox("ip", "-6", "-o", "addr", "show", "scope", "global"))
                .stream()
                .flatMap(String::lines)
                .map(line -> line.replaceFirst("^[0-9]+: ", "").strip())
                .filter(line ->
                        !line.contains("multicast") && !line.contains("fe80::/") && !line.startsWith("local fe80"))
                .filter(line -> !line.startsWith("anycast"))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    private Path kept() {
        try (var files = Files.walk(folder.resolve("home/routes"))) {
            return files.filter(Files::isRegularFile).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long keptBytes() {
        try {
            return Files.size(kept());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void routesAndAddressesComeBack() throws Exception {
        try (Street street = new Street(2)) {
            furnish(street);
            String before = view(street);
            try (TestGap gap = TestGap.over(street, folder)) {
                gap.engage();
                assertFalse(street.inBox("ip", "route").contains("default"), "the kernel has taken them");
                assertFalse(street.inBox("ip", "-6", "addr").contains("fd99::7"));
                assertEquals(List.of(), gap.gap().lift(TestGap.GRANT).problems());
                assertEquals(before, view(street));
                gap.engage();
                gap.lift();
                assertEquals(before, view(street), "a second time");
            }
        }
    }

    /** The control: links alone do not do it. */
    @Test
    void whereNothingWasKeptTheyAreGone() throws Exception {
        try (Street street = new Street(2)) {
            furnish(street);
            try (TestGap gap = TestGap.over(street, folder)) {
                gap.engage();
                Files.delete(kept());
                gap.lift();
                assertFalse(street.inBox("ip", "route").contains("default"));
            }
        }
    }

    @Test
    void whatIsSetWhileItIsOpenIsKeptAndOutlivesTheProcess() throws Exception {
        try (Street street = new Street(2)) {
            TestGap first = TestGap.over(street, folder);
            String before;
            try (first) {
                long bytes = keptBytes();
                street.inBox("ip", "route", "add", "default", "via", "10.77.0.2");
                Tools.await("the watch has seen it", () -> keptBytes() > bytes);
                before = view(street);
                first.engage();
            }
            try (TestGap next = TestGap.over(street, folder)) {
                assertEquals(State.GAP, next.gap().status().state());
                next.lift();
                assertEquals(before, view(street));
            }
        }
    }

    @Test
    void whatCannotComeBackIsToldAndKeepsNothingClosed() throws Exception {
        try (Street street = new Street(2)) {
            furnish(street);
            try (TestGap gap = TestGap.over(street, folder)) {
                gap.engage();
                street.inBox("ip", "link", "del", "eth1");
                Gap.Status open = gap.gap().lift(TestGap.GRANT);
                assertEquals(State.OPEN, open.state());
                String problems = String.join("\n", open.problems());
                assertTrue(problems.contains("the route to fd55::") || problems.contains("fd55:0:"), problems);
                assertTrue(street.inBox("ip", "route").contains("default via 10.77.0.2"));
            }
        }
    }

    /** Past the bound the rest is left out, and a file that something else has written makes nothing. */
    @Test
    void moreThanIsKeptAndNonsenseAreNoHarm() throws Exception {
        try (Street street = new Street(1)) {
            Path batch = folder.resolve("batch");
            Files.write(
                    batch,
                    IntStream.range(0, 6000)
                            .mapToObj(i -> "route add 10." + (100 + i / 250) + "." + i % 250 + ".0/24 via 10.77.0.2")
                            .toList());
            street.inBox("ip", "-batch", batch.toString());
            try (TestGap gap = TestGap.over(street, folder)) {
                assertTrue(keptBytes() <= Routes.BYTES_MAX && keptBytes() > Routes.BYTES_MAX - 1000, "" + keptBytes());
                gap.engage();
                assertEquals(List.of(), gap.gap().lift(TestGap.GRANT).problems());
                long back = street.inBox("ip", "route").lines().count();
                assertTrue(back > 3000 && back < 6000, "" + back);
                gap.engage();
                byte[] nonsense = new byte[5000];
                new Random(7).nextBytes(nonsense);
                Files.write(kept(), nonsense);
                gap.lift();
                assertEquals(State.OPEN, gap.gap().status().state());
                gap.engage();
                Files.write(kept(), forged());
                assertEquals(List.of(), gap.gap().lift(TestGap.GRANT).problems());
                assertFalse(
                        street.inBox("ip", "route", "show", "table", "all").contains("10.250"), "as the kernel's own");
            }
        }
    }

    /** A message that makes a route, which says that the kernel made it: none that would have been kept. */
    private static byte[] forged() {
        Datagram datagram = new Datagram()
                .message(Kernel.RTM_NEWROUTE(), Kernel.NLM_F_CREATE() | Kernel.NLM_F_EXCL() | Kernel.NLM_F_ACK())
                .header(rtmsg.sizeof(), header -> {
                    rtmsg.rtm_family(header, (byte) Libc.AF_INET);
                    rtmsg.rtm_dst_len(header, (byte) 16);
                    rtmsg.rtm_table(header, (byte) 254);
                    rtmsg.rtm_protocol(header, (byte) Kernel.RTPROT_KERNEL());
                    rtmsg.rtm_type(header, (byte) Kernel.RTN_UNICAST());
                })
                .attribute(Kernel.RTA_DST(), new byte[] {10, (byte) 250, 0, 0})
                .attribute(Kernel.RTA_GATEWAY(), new byte[] {10, 77, 0, 2});
        return datagram.whole().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
}
