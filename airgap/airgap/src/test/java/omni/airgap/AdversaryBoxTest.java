package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** What leaves the tables standing and their names right, and opens them all the same; in the words of nft(8). */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "delete table inet omni_gap",
                "delete table netdev omni_gap",
                "add table inet omni_gap { flags dormant ; }",
                "add table netdev omni_gap { flags dormant ; }",
                "flush chain inet omni_gap output",
                "add rule inet omni_gap output accept",
                "insert rule inet omni_gap output iif != 1 accept",
                "flush chain inet omni_gap output ; add rule inet omni_gap output oif != 1 accept",
                "flush chain inet omni_gap output ; add rule inet omni_gap output oif 2 accept",
                "flush chain inet omni_gap output ; add rule inet omni_gap output iif 1 accept",
                "add chain inet omni_gap output { policy accept ; }",
                "flush chain inet omni_gap output ; delete chain inet omni_gap output ; add chain inet omni_gap output",
                "flush chain inet omni_gap output ; delete chain inet omni_gap output"
                        + " ; add chain inet omni_gap output { type filter hook input priority 0 ; policy drop ; }"
                        + " ; add rule inet omni_gap output oif 1 accept",
                "add rule netdev omni_gap out-LINK accept",
                "delete chain netdev omni_gap in-LINK",
                "delete chain netdev omni_gap out-LINK",
                "add chain netdev omni_gap out-LINK { policy accept ; }",
                "add chain netdev omni_gap in-LINK { policy accept ; }",
            })
    void tablesThatAreChangedAreSeenAndMadeAnew(String change) throws Exception {
        try (Street street = new Street(1);
                Gap gap = TestGap.gap(street.file(), folder, point -> {});
                Namespace namespace = Namespace.open(street.file());
                DropTable table = namespace.inside(DropTable::new);
                Links links = namespace.inside(Links::new)) {
            gap.start();
            assertEquals(State.GAP, gap.engage("a test").state());
            assertTrue(whole(table, links));
            Link link = links.list().values().stream()
                    .filter(each -> !each.loopback())
                    .findFirst()
                    .orElseThrow();
            street.inBox("nft", change.replace("LINK", Integer.toString(link.index())));
            assertFalse(whole(table, links), change);
            gap.check();
            assertTrue(whole(table, links), change);
            assertEquals(State.GAP, gap.status().state());
        }
    }

    @Test
    void tablesThatAreTakenAwayComeBackByThemselves() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Namespace namespace = Namespace.open(street.file());
                DropTable table = namespace.inside(DropTable::new);
                Links links = namespace.inside(Links::new)) {
            assertEquals(State.GAP, gap.engage().state());
            table.remove();
            Tools.await("tables", () -> whole(table, links));
            street.inBox("nft", "add table inet omni_gap { flags dormant ; }");
            Tools.await("tables at work", () -> whole(table, links));
        }
    }

    /** A namespace that nobody in scope has made: its maker's parent is gone. The link that goes there takes the gap along. */
    @Test
    void aLinkThatGoesElsewhereTakesTheGapThere() throws Exception {
        try (Street street = new Street(2);
                Street other = new Street(0);
                TestGap gap = TestGap.over(street, folder)) {
            assertEquals(State.GAP, gap.engage().state());
            assertEquals(1, gap.gap().wards().size());
            street.inBox("ip", "link", "set", "eth1", "netns", other.box());
            Tools.await("in scope", () -> gap.gap().wards().size() == 2);
            other.inBox("ip", "link", "set", "eth1", "up");
            Tools.await(
                    "down again",
                    () -> !other.inBox("ip", "link", "show", "eth1").contains(",UP"));
        }
    }

    /** A name of bytes that are no text hides no process. */
    @Test
    void aProcessWithoutAReadableNameIsInScope() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder)) {
            String named = "printf '\\377 ) R 1 (' > /proc/$$/comm; echo ready; read line";
            Process made = street.startInBox("sh", "-c", "unshare --net sh -c \"$1\"; true", "sh", named);
            assertEquals("ready", made.inputReader().readLine());
            assertEquals(State.GAP, gap.engage().state());
            Tools.await("in scope", () -> gap.gap().wards().size() == 2);
        }
    }

    /** Nor does a path with blanks hide a namespace that nothing but a mount keeps, or one that cannot be a text. */
    @Test
    void aNamespaceAtAnOddPathIsFound() throws Exception {
        try (Street street = new Street(0)) {
            for (String name : List.of("a b\\tc\\\\d", "\\377")) {
                Process made = street.startInBox(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "cd \"$1\"; name=$(printf \"$2\"); : > \"$name\"; unshare --net=\"$name\" true; stat -c %i \"$name\"; read line",
                        "sh",
                        folder.toString(),
                        name);
                long inode = Long.parseLong(made.inputReader().readLine());
                var files = new Scope(true, List.of())
                        .find(java.util.Set.of(), new ArrayList<>())
                        .get(inode);
                assertNotNull(files, name);
                if (name.startsWith("a")) {
                    try (Namespace namespace = Namespace.open(files.getFirst())) {
                        assertEquals(inode, namespace.inode());
                    }
                }
            }
        }
    }

    /** With the right to: plays the kernel to the role's own sockets, by a message to each and to the groups that it listens to. */
    @Test
    void whoPlaysTheKernelBlindsNobody() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Namespace namespace = Namespace.open(street.file());
                DropTable table = namespace.inside(DropTable::new);
                Links links = namespace.inside(Links::new)) {
            assertEquals(State.GAP, gap.engage().state());
            Process forger = street.startInBox(
                    "python3", Tools.MODULE.resolve("src/test/python/forge.py").toString());
            assertEquals("ready", forger.inputReader().readLine());
            Tools.pause(2000);
            assertTrue(forger.isAlive(), "it is still at it");
            table.remove(); // and not by nft(8), which takes the forger's word
            links.send(Links.up(links.list().values()));
            Tools.await("down again", () -> isDown(links));
            Tools.await("tables again", () -> whole(table, links));
            assertTrue(gap.gap().status().corrections() > 0, gap.gap().status().toString());
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
