package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The gap on a Mac of recorded answers: closed in order, confirmed by what is read back, opened as it was. */
class MacGapTest {
    private static final String STATUS_INFO = "pfctl -s info";

    @TempDir
    Path folder;

    private final FakeMac mac = new FakeMac();

    private Gap gap() throws AirgapException {
        return gap(point -> {});
    }

    private Gap gap(Gap.Faults faults) throws AirgapException {
        MacHost host = new MacHost(Scope.of("machine"), folder.resolve("home"), mac, true);
        return new Gap(host, TestGap.store(folder), Clock.systemUTC(), host::obstacles, faults);
    }

    private Path former() {
        return folder.resolve("home/former");
    }

    @Test
    void engageClosesInOrderAndReadsEachBack() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            mac.commands.clear();
            mac.before = command -> {
                if (command.endsWith(" down")) { // what was up is on the disk before anything goes down
                    assertTrue(Files.exists(former()), command);
                }
            };
            Gap.Status closed = gap.engage("a test");
            assertEquals(State.GAP, closed.state(), closed.toString());
            assertEquals(1, closed.namespaces());
            assertEquals(
                    List.of("filter", "sockets", "radios", "links", "memory", "namespaces"),
                    closed.steps().stream().map(Report.Step::name).toList());
        }
        assertEquals(
                List.of(
                        "ifconfig -l -u",
                        "ifconfig en0 down",
                        "ifconfig en5 down",
                        "ifconfig awdl0 down",
                        "ifconfig llw0 down",
                        "ifconfig bridge0 down",
                        "ifconfig utun0 down",
                        FakeMac.LOAD,
                        "pfctl -s References",
                        "pfctl -E",
                        STATUS_INFO,
                        FakeMac.OURS,
                        "pfctl -s rules",
                        "pfctl -a com.apple -s Anchors",
                        "pfctl -v -s Interfaces",
                        "pfctl -F states",
                        "pfctl -s states",
                        "networksetup -listallhardwareports",
                        "networksetup -getairportpower en0",
                        "networksetup -setairportpower en0 off",
                        "networksetup -getairportpower en0",
                        "ifconfig -l -u"),
                mac.commands);
        assertTrue(mac.dark());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(former())));
    }

    @Test
    void aCutThatNobodyConfirmsIsConfirmedByTheNextLook() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            gap.cut("somebody who broke off");
            assertEquals(State.OPEN, gap.status().state());
            gap.check();
            assertEquals(State.GAP, gap.status().state());
            assertEquals("somebody who broke off", gap.status().cause());
            gap.lift(TestGap.GRANT);
            assertEquals(State.OPEN, gap.status().state());
        }
    }

    @Test
    void aLiftGivesWayToACutThatIsStillToBeConfirmed() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            gap.engage("first");
            List<String> early = gap.cut("second");
            assertThrows(AirgapException.class, () -> gap.lift(TestGap.GRANT));
            assertEquals(State.GAP, gap.confirm("second", early).state());
            assertEquals("first", gap.status().cause());
            gap.lift(TestGap.GRANT);
            assertEquals(State.OPEN, gap.status().state());
        }
    }

    /** What goes wrong, and what the gap says of it. */
    static Stream<Arguments> failures() {
        return Stream.of(
                failure(mac -> mac.ignores("ifconfig en5 down"), "interface en5 is up"),
                failure(mac -> mac.fails("ifconfig en5 down", "said more than"), "interface en5 is up: said more than"),
                failure(mac -> mac.fails("ifconfig -l -u", "cannot be started"), "links: cannot be started"),
                failure(mac -> mac.says("ifconfig -l -u", ""), "does not name lo0"),
                failure(mac -> mac.says("ifconfig -l -u", "usage: ifconfig"), "does not name lo0"),
                failure(mac -> mac.says("ifconfig -l -u", "lo0 en;reboot"), "whose name is none: en;reboot"),
                failure(mac -> mac.says("ifconfig -l -u", "lo0 \u001b[2Jen"), "whose name is none: [2Jen"),
                failure(mac -> mac.says("ifconfig -l -u", "lo0 --help"), "whose name is none: --help"),
                failure(mac -> mac.ignores("networksetup -setairportpower en0 off"), "Wi-Fi en0 has power"),
                failure(
                        mac -> mac.fails("networksetup -listallhardwareports", "was not done within"),
                        "radios: was not"),
                failure(mac -> mac.says("networksetup -listallhardwareports", "?"), "names no hardware port: ?"),
                failure(
                        mac -> mac.says("networksetup -getairportpower en0", "en0 is not a Wi-Fi interface.\n"),
                        "does not tell the power of en0: en0 is not a Wi-Fi interface."),
                failure(
                        mac -> mac.says("networksetup -getairportpower en0", "Wi-Fi Power (en1): Off"),
                        "does not tell the power of en0"),
                failure(mac -> mac.says(STATUS_INFO, FakeMac.recorded("pfctl-s-info-disabled")), "pf is disabled"),
                failure(mac -> mac.says(STATUS_INFO, "nonsense"), "does not tell whether it is enabled: nonsense"),
                failure(mac -> mac.says("pfctl -E", "pf enabled\n"), "gave no token"),
                failure(mac -> mac.fails("pfctl -E", "is it there?"), "filter: is it there?"),
                failure(mac -> mac.says("pfctl -s References", ""), "does not tell its references"),
                failure(
                        mac -> mac.says("pfctl -s References", FakeMac.recorded("pfctl-s-References") + "7 x y"),
                        "no reference of pf: 7 x y"),
                failure(mac -> mac.ignores(FakeMac.LOAD), "are not Omni's"),
                failure(mac -> mac.says(FakeMac.OURS, "block drop quick all\n"), "are not Omni's"),
                failure(mac -> mac.says(FakeMac.OURS, PacketFilter.RULES + "pass all\n"), "are not Omni's"),
                failure(
                        mac -> mac.replies.put(FakeMac.OURS, () -> new Programs.Answer(1, "", "Permission denied")),
                        "does not tell the rules of " + PacketFilter.ANCHOR + ": Permission denied"),
                failure(mac -> mac.says("pfctl -s rules", "pass all\n"), "do not reach Omni's"),
                failure(
                        mac -> mac.mainRules = "pass out quick on en0 all\n" + mac.mainRules,
                        "a rule of pf comes before Omni's: pass out quick on en0 all"),
                failure(
                        mac -> {
                            mac.mainRules = "anchor \"other\" all\n" + mac.mainRules;
                            mac.says("pfctl -a other -s rules", "pass in quick all\n");
                        },
                        "a rule of pf comes before Omni's: anchor \"other\" all"),
                failure(
                        mac -> mac.mainRules = "anchor \"other/*\" all\n" + mac.mainRules,
                        "a rule of pf comes before Omni's: anchor \"other/*\" all"),
                failure(
                        mac -> mac.says("pfctl -a com.apple -s Anchors", "  com.apple/000.nnn\n"),
                        "goes through com.apple/000.nnn before"),
                failure(mac -> mac.says("pfctl -v -s Interfaces", "en0 (skip)\nlo0\n"), "everything through on en0"),
                failure(mac -> mac.says("pfctl -v -s Interfaces", ""), "names no interface"),
                failure(mac -> mac.ignores("pfctl -F states"), "2 states of pf are left"),
                failure(mac -> mac.fails("pfctl -s states", "said more than"), "sockets: said more than"));
    }

    private static Arguments failure(Consumer<FakeMac> cause, String problem) {
        return Arguments.of(cause, problem);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatIsNotConfirmedMakesItBrokenAndIsTriedAgain(Consumer<FakeMac> cause, String problem) throws Exception {
        FakeMac.Picture before = mac.picture();
        String rules = mac.mainRules;
        cause.accept(mac);
        try (Gap gap = gap()) {
            gap.start();
            Gap.Status broken = gap.engage("a test");
            assertEquals(State.BROKEN, broken.state(), broken.toString());
            String problems = String.join("\n", broken.problems());
            assertTrue(problems.contains(problem), problems);
            assertThrows(AirgapException.class, () -> gap.lift(TestGap.GRANT));
            mac.replies.clear();
            mac.mainRules = rules;
            gap.check();
            assertEquals(State.GAP, gap.status().state(), gap.status().toString());
            assertTrue(mac.dark());
            gap.lift(TestGap.GRANT);
        }
        assertEquals(before, mac.picture());
    }

    @Test
    void oneProgramThatIsMissingKeepsNoOtherFromClosing() throws Exception {
        for (String missing : List.of("pfctl", "networksetup")) {
            FakeMac.Picture before = mac.picture();
            mac.before = command -> {
                if (command.startsWith(missing)) {
                    mac.fails(command, missing + " cannot be started");
                }
            };
            try (Gap gap = gap()) {
                gap.start();
                assertEquals(State.BROKEN, gap.engage("a test").state());
                assertEquals(Set.of("lo0"), mac.up);
                assertEquals(missing.equals("pfctl"), mac.tokens.isEmpty());
                assertEquals(missing.equals("networksetup"), mac.radios.get("en0"));
                mac.before = command -> {};
                mac.replies.clear();
                gap.check();
                gap.lift(TestGap.GRANT);
            }
            assertEquals(before, mac.picture());
        }
    }

    @Test
    void liftTakesBackWhatWasSetAndNothingElse() throws Exception {
        mac.tokens.put("9813589183660731843", "socketfilterfw");
        mac.anchors.put("com.apple/250.ApplicationFirewall", "block drop in proto tcp to port 22\n");
        mac.radios.put("en0", false);
        mac.up.remove("en5");
        FakeMac.Picture before = mac.picture();
        String rules = mac.mainRules;
        try (Gap gap = gap()) {
            gap.start();
            assertEquals(State.GAP, gap.engage("a test").state());
            assertEquals(2, mac.tokens.size());
            mac.interfaces.remove("utun0"); // gone meanwhile: passed over
            gap.lift(TestGap.GRANT);
            assertEquals(State.OPEN, gap.status().state());
        }
        mac.up.add("utun0");
        assertEquals(before, mac.picture());
        assertEquals(rules, mac.mainRules);
        assertFalse(Files.exists(former()));
        for (String command : mac.commands) {
            assertFalse(command.matches("pfctl .*(-d|-e|-F all|-F nat|-k|-K)( .*)?"), command);
            boolean changes = command.matches("pfctl .*-(f|F rules).*");
            assertTrue(!changes || command.startsWith("pfctl -a " + PacketFilter.ANCHOR + " "), command);
        }
    }

    @Test
    void engagingAgainChangesNothing() throws Exception {
        FakeMac.Picture before = mac.picture();
        try (Gap gap = gap()) {
            gap.start();
            gap.engage("a test");
            FakeMac.Picture closed = mac.picture();
            String file = Files.readString(former());
            mac.commands.clear();
            assertEquals(State.GAP, gap.engage("again").state());
            assertEquals("a test", gap.status().cause());
            assertEquals(closed, mac.picture());
            assertEquals(file, Files.readString(former()));
            assertFalse(mac.commands.contains("pfctl -E"));
            gap.lift(TestGap.GRANT);
        }
        assertEquals(before, mac.picture());
    }

    @Test
    void aReferenceThatIsGoneIsTakenAnew() throws Exception {
        FakeMac.Picture before = mac.picture();
        try (Gap gap = gap()) {
            gap.start();
            gap.engage("a test");
            mac.tokens.clear(); // pfctl -d takes everybody's away; so does a boot
            gap.check();
            assertEquals(State.GAP, gap.status().state());
            assertTrue(mac.dark());
            gap.lift(TestGap.GRANT);
        }
        assertEquals(before, mac.picture());
    }

    @Test
    void aTokenThatIsNotPrintedIsFoundAmongTheReferences() throws Exception {
        mac.tokens.put("9813589183660731843", "socketfilterfw");
        FakeMac.Picture before = mac.picture();
        mac.replies.put("pfctl -E", () -> {
            mac.tokens.put("4711", "pfctl");
            return new Programs.Answer(0, "pf enabled\n", "");
        });
        try (Gap gap = gap()) {
            gap.start();
            assertEquals(State.GAP, gap.engage("a test").state());
            gap.lift(TestGap.GRANT);
        }
        assertEquals(before, mac.picture());
    }

    @Test
    void theWatchClosesWhatIsOpenAgain() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            gap.engage("a test");
            PollingWatch watch = new PollingWatch(gap);
            mac.commands.clear();
            watch.look();
            assertEquals(0, gap.status().corrections());
            assertFalse(mac.commands.contains(FakeMac.LOAD)); // it only looks where all holds
            mac.interfaces.add("utun7");
            mac.up.addAll(Set.of("utun7", "awdl0"));
            mac.anchors.remove(PacketFilter.ANCHOR);
            watch.look();
            assertEquals(State.GAP, gap.status().state());
            assertTrue(mac.dark());
            assertEquals(3, gap.status().corrections());
            mac.fails(STATUS_INFO, "does not answer");
            watch.look();
            assertEquals(State.BROKEN, gap.status().state());
            mac.replies.clear();
            watch.look();
            assertEquals(State.GAP, gap.status().state());
            gap.lift(TestGap.GRANT);
            assertTrue(mac.up.contains("utun7")); // what the gap took down comes up
        }
    }

    @Test
    void whatComesUpAsLongAsWiFiHasPowerIsTakenDownAfterIt() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            mac.after = command -> {
                if (mac.radios.containsValue(true)) {
                    mac.up.add("awdl0");
                }
            };
            assertEquals(State.GAP, gap.engage("a test").state());
            assertTrue(mac.dark());
        }
    }

    @Test
    void theWatchRunsByItself() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            gap.engage("a test");
            Gap.Subscription watch = new MacHost(Scope.of("machine"), folder, mac, true).watch(gap);
            mac.tokens.clear();
            Tools.await("a correction", () -> gap.status().corrections() > 0);
            watch.close();
            assertTrue(mac.dark());
        }
    }

    @Test
    void whatCannotBeDestroyedStandsInTheWayOfALift() throws Exception {
        try (Gap gap = gap()) {
            gap.start();
            gap.engage("a test");
            mac.sockets = FakeMac.recorded("lsof-F");
            AirgapException refused = assertThrows(AirgapException.class, () -> gap.lift(TestGap.GRANT));
            for (String line : List.of(
                    "a socket of tcp to 198.51.100.25:443 is held by pid 702 (Browser\\x20Helper)",
                    "a socket of tcp6 to [2001:db8:1::25]:443 is held by pid 702",
                    "a socket of udp to 198.51.100.25:443 is held by pid 702")) {
                assertTrue(refused.getMessage().contains(line), refused.getMessage());
            }
            assertFalse(refused.getMessage().contains("java"), refused.getMessage());
            assertTrue(mac.dark());
            assertEquals(3, gap.obstacles().size());
            for (String blind : List.of("", "garbage\n", "f6\nPTCP\nn*:1\n", "px\n")) {
                mac.sockets = blind;
                assertThrows(AirgapException.class, () -> gap.lift(TestGap.GRANT), blind);
            }
            mac.sockets = FakeMac.recorded("lsof-F-quiet");
            gap.lift(TestGap.GRANT);
            assertEquals(State.OPEN, gap.status().state());
        }
    }

    @Test
    void theCensusNamesSocketsAndClaimsNoCount() throws Exception {
        mac.sockets = FakeMac.recorded("lsof-F");
        try (Gap gap = gap()) {
            gap.start();
            Audit audit = gap.audit();
            assertEquals(9, audit.census().sockets().size());
            SocketEntry first = audit.census().sockets().get(2);
            assertEquals("192.0.2.7:52012", first.local());
            assertEquals("ESTABLISHED", first.state());
            assertEquals(501, first.uid());
            assertEquals(List.of(new SocketEntry.Owner(702, "Browser\\x20Helper", "owner", "", "")), first.owners());
            assertEquals(List.of(), audit.census().namespaces());
            assertEquals(1, audit.outOfReach().size());
            assertEquals(audit, gap.everywhere());
            NetworkStack stack = gap.stacks().iterator().next();
            var sent = new TreeMap<String, Long>();
            stack.sentFrames().forEach((_, link) -> sent.put(link.name(), link.frames()));
            assertEquals(Map.of("gif0", 0L, "en0", 26448L, "awdl0", 5097L, "vmnet", 11L, "vmnet<Link#20>", 12L), sent);
            mac.says("netstat -i -n", "usage: netstat\n");
            assertThrows(AirgapException.class, stack::sentFrames);
        }
    }

    @Test
    void withoutRootItSaysSoAndTouchesNothing() throws Exception {
        MacHost host = new MacHost(Scope.of("machine"), folder.resolve("home"), mac, false);
        try (Gap gap = new Gap(host, TestGap.store(folder), Clock.systemUTC(), host::obstacles, point -> {})) {
            gap.start();
            Gap.Status broken = gap.engage("a test");
            assertEquals(State.BROKEN, broken.state());
            assertTrue(broken.problems().getFirst().contains("not root's"), broken.toString());
        }
        assertTrue(host.limits().getLast().contains("not root's"));
        assertEquals(List.of(), mac.commands);
    }

    @Test
    void limitsNameWhatIsInTheWayBeforeItCounts() throws Exception {
        MacHost host = new MacHost(Scope.of("machine"), folder, mac, true);
        assertEquals(1, host.limits().size());
        assertTrue(host.limits().getFirst().contains("untested on hardware"));
        mac.mainRules = "pass all\n";
        assertTrue(host.limits().getLast().contains("do not reach Omni's"));
        mac.fails("ifconfig -l -u", "cannot be started");
        assertTrue(host.limits().getLast().contains("cannot be started"));
    }

    @Test
    void theScopeIsTheMachineOrNothing() {
        MacHost named = new MacHost(Scope.of("/run/netns/one"), folder, mac, true);
        assertThrows(AirgapException.class, () -> named.find(Set.of(), new java.util.ArrayList<>()));
        assertTrue(new MacHost(Scope.of(""), folder, mac, true).empty());
        assertTrue(Host.of("Mac OS X", Scope.of("machine"), folder, CensusParser.NONE) instanceof MacHost);
        assertTrue(Host.of("Linux", Scope.of("machine"), folder, CensusParser.NONE) instanceof LinuxHost);
    }
}
