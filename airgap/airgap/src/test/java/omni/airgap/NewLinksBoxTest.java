package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import omni.airgap.Capture.Ethertype;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Links that are new to a gap: plugged in, under another name, gone to another namespace. Each has a sender at work before
 * the link is there, with the right to bring it up, and the same sender without a gap as its control.
 *
 * <p>It takes a kernel whose drop chains are for every link. By those of an older one packet sockets send over a link that somebody
 * brings up before the watch has seen it: DropTableBoxTest.
 */
class NewLinksBoxTest {
    private static final List<Ethertype> ALL = List.of(Ethertype.IP, Ethertype.IPV6, Ethertype.OTHER);
    private static final int PLUGS = 20;
    private static final int WINDOW_MILLIS = 500;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"packet, OTHER", "udp, IP", "udp6, IPV6"})
    void aLinkThatIsPluggedInComesUpWithItsDropChain(String kind, Ethertype type) throws Exception {
        try (Street street = new Street(0);
                Capture capture = new Capture(street)) {
            Process sender = start(street, kind);
            street.link(0);
            street.up(0);
            capture.awaitFlow(kind + " reaches the neighbour without a gap", type);
            sender.destroyForcibly().waitFor();
        }
        try (Street street = new Street(0);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            assertEquals(State.GAP, gap.engage().state());
            capture.count();
            start(street, kind);
            street.link(0);
            awaitTables(street);
            street.up(0);
            Tools.await("eth0 down", () -> !up(street, "eth0"));
            Tools.pause(WINDOW_MILLIS);
            Capture.Count count = capture.count();
            assertEquals(0, count.frames(), count.toString());
            assertTrue(gap.gap().status().corrections() > 0, "it was brought up, and taken down");
        }
    }

    /** Up in the moment in which it is there, and each of a name that was not there before. */
    @Test
    void whoBringsUpAPluggedLinkAtOnceSendsNothing() throws Exception {
        try (Street street = new Street(0);
                Capture capture = new Capture(street)) {
            start(street, "re-up", "eth1");
            street.plug(1);
            address(street, 1);
            for (Ethertype type : ALL) {
                capture.awaitFlow(type + " without a gap", type);
            }
        }
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            assertEquals(State.GAP, gap.engage().state());
            capture.awaitSilence();
            for (int i = 1; i <= PLUGS; i++) {
                Process sender = start(street, "re-up", "eth" + i);
                long before = gap.gap().status().corrections();
                capture.count();
                street.plug(i);
                address(street, i);
                Tools.await("it was brought up", () -> gap.gap().status().corrections() > before);
                Tools.pause(100);
                Capture.Count count = capture.count();
                assertEquals(0, count.frames(), count.toString());
                sender.destroyForcibly().waitFor();
                street.inNeighbour("ip", "link", "del", "eth" + i);
            }
        }
    }

    @Test
    void whoRenamesALinkAllTheTimeSendsNothing() throws Exception {
        try (Street street = new Street(1);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            start(street, "re-name", "eth0");
            for (Ethertype type : ALL) {
                capture.awaitFlow(type + " without a gap", type);
            }
        }
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            assertEquals(State.GAP, gap.engage().state());
            capture.awaitSilence();
            Process sender = start(street, "re-name", "eth0");
            Capture.Count count = capture.during(2000);
            assertEquals(0, count.frames(), count.toString());
            assertTrue(gap.gap().status().corrections() > 0, "it was brought up, and taken down");
            sender.destroyForcibly().waitFor();
            Tools.await(
                    "down again",
                    () -> !street.inBox("ip", "link").replace("LOOPBACK,UP", "").contains(",UP"));
            awaitTables(street);
        }
    }

    /** A namespace that nobody in scope has made: its maker's parent is gone. The link that goes there takes the gap along. */
    @Test
    void aLinkThatGoesElsewhereTakesTheGapThere() throws Exception {
        try (Street street = new Street(2);
                Street other = new Street(0);
                Capture capture = new Capture(street)) {
            start(other, "re-up", "eth1");
            street.inBox("ip", "link", "set", "eth1", "netns", other.box());
            for (Ethertype type : List.of(Ethertype.IPV6, Ethertype.OTHER)) {
                capture.awaitFlow(type + " without a gap", type);
            }
        }
        try (Street street = new Street(2);
                Street other = new Street(0);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            assertEquals(State.GAP, gap.engage().state());
            assertEquals(1, gap.gap().wards().size());
            capture.awaitSilence();
            start(other, "re-up", "eth1");
            long start = System.nanoTime();
            street.inBox("ip", "link", "set", "eth1", "netns", other.box());
            Tools.await("in scope", () -> gap.gap().wards().size() == 2);
            awaitTables(other);
            double millis = (System.nanoTime() - start) / 1e6;
            System.out.printf(
                    "outside of the claim: in a namespace that nobody knew, %.0f ms until it is closed: %s%n",
                    millis, capture.count());
            Capture.Count count = capture.during(WINDOW_MILLIS);
            assertEquals(0, count.frames(), count.toString());
            assertFalse(
                    gap.gap().status().problems().stream().anyMatch(line -> line.contains("cannot")),
                    gap.gap().status().toString());
        }
    }

    private static Process start(Street street, String... kind) throws Exception {
        List<String> command = new ArrayList<>(List.of(Tools.probe("send").toString()));
        command.addAll(List.of(kind));
        Process sender = street.startInBox(command.toArray(String[]::new));
        assertEquals("ready", sender.inputReader().readLine());
        return sender;
    }

    private static void address(Street street, int number) {
        String link = "eth" + number;
        street.inBox("ip", "addr", "add", "10.77." + number + ".1/24", "dev", link);
        street.inBox("ip", "addr", "add", "fd77:" + number + "::1/64", "dev", link, "nodad");
    }

    private static boolean up(Street street, String link) {
        return street.inBox("ip", "link", "show", link).contains(",UP");
    }

    /** Until both tables are whole. */
    private static void awaitTables(Street street) throws AirgapException {
        try (Namespace namespace = Namespace.open(street.file());
                DropTable table = namespace.inside(DropTable::new);
                Links links = namespace.inside(Links::new)) {
            Tools.assertEveryLink(table);
            Tools.await("tables", () -> {
                try {
                    return table.problems(links.list().values()).isEmpty();
                } catch (KernelException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }
}
