package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Those who work against a gap: with the right to change the very namespace, and by new links. */
class AdversaryBoxTest {
    private static final int RE_UPS = 1000;

    @TempDir
    Path folder;

    @Test
    void whoBringsTheLinkUpAgainAllTheTimeGetsNoPacketAndNoFrameOut() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            assertEquals(State.GAP, gap.engage().state());
            Process adversary = street.startInBox(Tools.probe("send").toString(), "re-up");
            assertEquals("ready", adversary.inputReader().readLine());
            capture.count();
            Tools.pause(1000);
            Capture.Count count = capture.count();
            assertEquals(0, count.frames(), count.toString());
            assertTrue(gap.gap().status().corrections() > 0, "it was brought up, and taken down");
            adversary.destroyForcibly().waitFor();
            Tools.await("down again", () -> down(street));
        }
    }

    /** The control: without the tables the same adversary sends. */
    @Test
    void withTheLinksDownAloneItWouldSend() throws Exception {
        try (Street street = new Street(1);
                Capture capture = new Capture(street)) {
            street.inBox("ip", "link", "set", "eth0", "down");
            Process adversary = street.startInBox(Tools.probe("send").toString(), "re-up");
            assertEquals("ready", adversary.inputReader().readLine());
            Tools.await("frames", () -> capture.count().frames() > 0);
        }
    }

    @Test
    void aThousandTimesUpIsAThousandTimesDownAndNoPacketBetween() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            assertEquals(State.GAP, gap.engage().state());
            try (Namespace namespace = Namespace.open(street.file());
                    Links links = namespace.inside(Links::new)) {
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < RE_UPS; i++) {
                    long start = System.nanoTime();
                    links.send(Links.up(links.list().values()));
                    while (!isDown(links) && System.nanoTime() - start < 10_000_000_000L) {
                        Thread.onSpinWait();
                    }
                    millis.add((System.nanoTime() - start) / 1e6);
                }
                Collections.sort(millis);
                assertTrue(millis.getLast() < 10_000, millis.toString());
                System.out.printf(
                        "corrected after: median %.2f ms, p99 %.2f ms, max %.2f ms%n",
                        millis.get(RE_UPS / 2), millis.get(RE_UPS * 99 / 100), millis.getLast());
            }
            assertEquals(0, capture.count().ip());
            assertTrue(
                    gap.gap().status().corrections() >= RE_UPS / 2,
                    gap.gap().status().toString());
        }
    }

    @Test
    void aLinkThatIsPluggedInIsTakenDown() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            assertEquals(State.GAP, gap.engage().state());
            street.link(1);
            capture.count();
            street.up(1);
            Process sender = street.startInBox(Tools.probe("send").toString(), "packet", "eth1");
            assertEquals("ready", sender.inputReader().readLine());
            Tools.await(
                    "eth1 down",
                    () -> !street.inBox("ip", "link", "show", "eth1").contains(",UP"));
            capture.count();
            Tools.pause(200);
            assertEquals(0, capture.count().frames());
            street.inBox("ip", "link", "set", "eth1", "name", "renamed");
            street.inBox("ip", "link", "set", "renamed", "up");
            Tools.await(
                    "renamed down",
                    () -> !street.inBox("ip", "link", "show", "renamed").contains(",UP"));
        }
    }

    @Test
    void tablesThatAreTakenAwayComeBack() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Namespace namespace = Namespace.open(street.file());
                DropTable table = namespace.inside(DropTable::new);
                Links links = namespace.inside(Links::new)) {
            assertEquals(State.GAP, gap.engage().state());
            table.remove();
            Tools.await("tables", () -> whole(table, links));
        }
    }

    @Test
    void theFirstNamespaceIsRefused() throws Exception {
        for (String file : List.of("/proc/self/ns/net", "/proc/1/ns/net")) {
            if (Processes.target(Path.of(file)).isPresent()) {
                Gap gap = TestGap.gap(file, folder, point -> {});
                AirgapException thrown =
                        org.junit.jupiter.api.Assertions.assertThrows(AirgapException.class, gap::start);
                assertTrue(thrown.getMessage().contains("scope = \"machine\""), thrown.getMessage());
            }
        }
    }

    private static boolean down(Street street) {
        return !street.inBox("ip", "link", "show", "eth0").contains(",UP");
    }

    private static boolean isDown(Links links) {
        try {
            return links.up().isEmpty();
        } catch (KernelException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean whole(DropTable table, Links links) {
        try {
            return table.problems(links.list().values()).isEmpty();
        } catch (KernelException e) {
            throw new IllegalStateException(e);
        }
    }
}
