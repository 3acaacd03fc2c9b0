package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import omni.airgap.Capture.Ethertype;
import omni.airgap.raw.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Those who work against a gap with the right to change the very namespace. {@link NewLinksBoxTest} has those with new links. */
class AdversaryBoxTest {
    private static final int RE_UPS = 1000;
    private static final int CONTROL_RE_UPS = 200;
    /** Up for so long each time in the control: half of what {@code engage-bench} allows a correction. */
    private static final int CONTROL_MILLIS = 5;

    @TempDir
    Path folder;

    @Test
    void whoBringsTheLinkUpAgainAllTheTimeGetsNoPacketAndNoFrameOut() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            assertEquals(State.GAP, gap.engage().state());
            Process adversary = street.startInBox(Tools.probe("send").toString(), "re-up");
            assertEquals("ready", adversary.inputReader().readLine());
            Capture.Count count = capture.during(1000);
            assertEquals(0, count.frames(), count.toString());
            assertTrue(gap.gap().status().corrections() > 0, "it was brought up, and taken down");
            adversary.destroyForcibly().waitFor();
            Tools.await("down again", () -> down(street));
        }
    }

    /** What AF_XDP sends beside it is outside of the claim, and counted; nothing else gets out with it. */
    @Test
    void besideItNothingButAfXdpPasses() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            capture.awaitSilence();
            Process xdp = street.startInBox(Tools.probe("send").toString(), "xdp");
            assertEquals("ready", xdp.inputReader().readLine());
            capture.awaitFlow("xdp reaches the neighbour while the gap is open", Ethertype.XDP);
            assertEquals(State.GAP, gap.engage().state());
            assertEquals(0, capture.during(250).frames(), "without who brings the link up");
            Process adversary = street.startInBox(Tools.probe("send").toString(), "re-up");
            assertEquals("ready", adversary.inputReader().readLine());
            Capture.Count count = capture.during(2000);
            assertEquals(count.xdp(), count.frames(), count.toString());
            assertTrue(gap.gap().status().corrections() > 0, "it was brought up, and taken down");
            System.out.printf(
                    "outside of the claim: %d frames of AF_XDP in 2 s, with the link brought up %d times%n",
                    count.xdp(), gap.gap().status().corrections());
        }
    }

    /** The control: without the tables the same adversary sends. */
    @Test
    void withTheLinksDownAloneItWouldSend() throws Exception {
        try (Street street = new Street(1);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            street.inBox("ip", "link", "set", "eth0", "down");
            Process adversary = street.startInBox(Tools.probe("send").toString(), "re-up");
            assertEquals("ready", adversary.inputReader().readLine());
            for (Ethertype type : List.of(Ethertype.IP, Ethertype.IPV6, Ethertype.OTHER)) {
                capture.awaitFlow(type.toString(), type);
            }
        }
    }

    @Test
    void aThousandTimesUpIsAThousandTimesDownAndNoPacketBetween() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            senders(street, capture);
            assertEquals(State.GAP, gap.engage().state());
            capture.count();
            ReUps corrected = ReUps.corrected(street, RE_UPS);
            Capture.Count count = capture.count();
            System.out.println(corrected + ", " + count);
            assertEquals(0, count.ip() + count.ipv6(), count.toString());
            assertEquals(0, count.frames(), count.toString());
            assertTrue(corrected.percentile(1) < 10_000, corrected.toString()); // engage-bench judges the time
            assertTrue(
                    gap.gap().status().corrections() >= RE_UPS / 2,
                    gap.gap().status().toString());
        }
    }

    /** The control: as short as this a link may be up, and without the tables packets of both versions pass. */
    @Test
    void withTheTablesOffPacketsPassWhileItIsUp() throws Exception {
        try (Street street = new Street(1);
                Capture capture = new Capture(street);
                Namespace namespace = Namespace.open(street.file());
                Links links = namespace.inside(Links::new)) {
            street.keepAddresses(0);
            senders(street, capture);
            Collection<Link> all = links.list().values();
            links.send(Links.down(all));
            Tools.await("silence", () -> capture.count().frames() == 0);
            for (int i = 0; i < CONTROL_RE_UPS; i++) {
                links.send(Links.up(all));
                Tools.pause(CONTROL_MILLIS);
                links.send(Links.down(all));
                Tools.pause(1);
            }
            Capture.Count count = capture.count();
            System.out.println("without tables, up " + CONTROL_RE_UPS + " times: " + count);
            assertTrue(count.ip() > CONTROL_RE_UPS / 2 && count.ipv6() > CONTROL_RE_UPS / 2, count.toString());
        }
    }

    private static void senders(Street street, Capture capture) throws Exception {
        capture.awaitSilence();
        for (String kind : List.of("udp", "udp6")) {
            Process sender = street.startInBox(Tools.probe("send").toString(), kind);
            assertEquals("ready", sender.inputReader().readLine());
        }
        capture.awaitFlow("udp", Ethertype.IP);
        capture.awaitFlow("udp6", Ethertype.IPV6);
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
                "add rule netdev omni_gap out accept",
                "insert rule netdev omni_gap in iif 2 accept",
                "flush chain netdev omni_gap out ; add rule netdev omni_gap out iif 1 accept",
                "flush chain netdev omni_gap in ; delete chain netdev omni_gap in",
                "flush chain netdev omni_gap out ; delete chain netdev omni_gap out",
                "flush chain netdev omni_gap out ; delete chain netdev omni_gap out"
                        + " ; add chain netdev omni_gap out { type filter hook egress device eth0 priority -500 ; policy drop ; }"
                        + " ; add rule netdev omni_gap out oif 1 accept",
                "add chain netdev omni_gap out { policy accept ; }",
                "add chain netdev omni_gap in { policy accept ; }",
                "add chain netdev omni_gap more",
                "add chain inet omni_gap more { type filter hook output priority 0 ; policy accept ; }",
            })
    void tablesThatAreChangedAreSeenAndMadeAnew(String change) throws Exception {
        try (Street street = new Street(1);
                Gap gap = TestGap.gap(street.file(), folder, point -> {});
                Namespace namespace = Namespace.open(street.file());
                DropTable table = namespace.inside(DropTable::new);
                Links links = namespace.inside(Links::new)) {
            Tools.assertEveryLink(table);
            gap.start();
            assertEquals(State.GAP, gap.engage("a test").state());
            assertTrue(whole(table, links));
            street.inBox("nft", change);
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

    /** A table with an owner is changed and taken away by its owner alone: who takes the name so opens nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"inet", "netdev"})
    void whoOwnsATableOfThatNameOpensNothing(String family) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            assertEquals(State.GAP, gap.engage().state());
            capture.awaitSilence();
            Process owner = street.startInBox("nft", "--interactive");
            owner.outputWriter()
                    .append("delete table F omni_gap ; add table F omni_gap { flags owner ; }\n".replace("F", family))
                    .flush();
            Tools.await("the name is taken", () -> tables(street, family).contains("omni_gap=2"));
            Tools.await("tables of another name", () -> tables(street, family).contains("omni_gap_"));
            gap.gap().check();
            assertEquals(
                    State.GAP, gap.gap().status().state(), gap.gap().status().toString());

            Process sender = street.startInBox(Tools.probe("send").toString(), "re-up");
            assertEquals("ready", sender.inputReader().readLine());
            Capture.Count count = capture.during(2000);
            assertEquals(0, count.frames(), count.toString());
            sender.destroyForcibly().waitFor();
            assertTrue(owner.isAlive());

            gap.lift();
            assertFalse(tables(street, "inet").contains("omni_gap_"));
            assertFalse(tables(street, "netdev").contains("omni_gap_"));
        }
    }

    /** Each with its flags. */
    private static String tables(Street street, String family) {
        try (Namespace namespace = Namespace.open(street.file());
                Netlink netfilter = namespace.inside(() -> Netlink.open(Kernel.NETLINK_NETFILTER()))) {
            int number = family.equals("inet") ? Kernel.NFPROTO_INET() : Kernel.NFPROTO_NETDEV();
            StringBuilder tables = new StringBuilder();
            Standing.tables(netfilter, number)
                    .forEach((name, flags) ->
                            tables.append(name).append('=').append(flags).append(' '));
            return tables.toString();
        } catch (AirgapException e) {
            throw new IllegalStateException(e);
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
            Tools.await("that is counted", () -> gap.gap().status().corrections() > 0); // right behind what is done
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
            return Links.namesUp(links.list().values()).isEmpty();
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
