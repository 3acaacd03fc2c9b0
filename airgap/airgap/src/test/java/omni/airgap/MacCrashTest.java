package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role dies at each command and at each point between them, on a Mac: closed when it starts again, and opened as it was. */
class MacCrashTest {
    private static final int COMMANDS_MIN = 30;
    private static final int POINTS_MIN = 12;

    @TempDir
    Path folder;

    /** The end of the process: nothing in the product catches it. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static Gap gap(FakeMac mac, Path home, Gap.Faults faults) throws AirgapException {
        MacHost host = new MacHost(Scope.of("machine"), home.resolve("home"), mac, true);
        return new Gap(host, TestGap.store(home), Clock.systemUTC(), stacks -> List.of(), faults);
    }

    /** Engages and lifts, and dies somewhere; returns whether it did. */
    private static boolean dies(FakeMac mac, Path home, Gap.Faults faults) throws AirgapException {
        try (Gap gap = gap(mac, home, faults)) {
            gap.start();
            assertEquals(State.GAP, gap.engage("a test").state());
            gap.lift(TestGap.GRANT);
            return false;
        } catch (Killed e) {
            return true;
        }
    }

    private static Consumer<String> deadlyAt(int number) {
        AtomicInteger count = new AtomicInteger();
        return command -> {
            if (count.incrementAndGet() == number) {
                throw new Killed();
            }
        };
    }

    /** After the death: closed whatever was being done, then lifted. */
    private static void rises(FakeMac mac, Path home, FakeMac.Picture before, String what) throws AirgapException {
        mac.before = command -> {};
        mac.after = command -> {};
        try (Gap gap = gap(mac, home, point -> {})) {
            gap.start();
            if (gap.status().state() == State.OPEN) { // nothing had begun, or everything was over
                assertEquals(before.up(), mac.picture().up(), what);
                gap.engage("a test");
            }
            assertEquals(State.GAP, gap.status().state(), what + ": " + gap.status());
            assertTrue(mac.dark(), what);
            gap.lift(TestGap.GRANT);
        }
        assertEquals(before.up(), mac.picture().up(), what);
        assertEquals(before.radios(), mac.picture().radios(), what);
        assertEquals(before.anchors(), mac.picture().anchors(), what);
        assertFalse(Files.exists(home.resolve("home/former")), what);
    }

    @Test
    void closedAfterADeathAtEachCommand() throws Exception {
        for (boolean late : List.of(false, true)) {
            int deadly = 1;
            for (; ; deadly++) {
                FakeMac mac = new FakeMac();
                FakeMac.Picture before = mac.picture();
                Path home = folder.resolve(late + "-" + deadly);
                Consumer<String> killer = deadlyAt(deadly);
                if (late) {
                    mac.after = killer;
                } else {
                    mac.before = killer;
                }
                if (!dies(mac, home, point -> {})) {
                    break;
                }
                String last = mac.commands.getLast();
                rises(mac, home, before, (late ? "after " : "before ") + last);
                // One reference may stay: that of a pfctl whose token nobody got to read. It keeps pf enabled, no more.
                assertEquals(late && last.equals("pfctl -E") ? 1 : 0, mac.tokens.size(), last);
            }
            assertTrue(deadly > COMMANDS_MIN, deadly + " commands");
        }
    }

    @Test
    void closedAfterADeathAtEachPoint() throws Exception {
        List<String> points = new ArrayList<>();
        assertFalse(dies(new FakeMac(), folder.resolve("all"), points::add));
        assertTrue(points.size() >= POINTS_MIN, points.toString());
        for (int i = 1; i < points.size(); i++) {
            FakeMac mac = new FakeMac();
            FakeMac.Picture before = mac.picture();
            Path home = folder.resolve("at-" + i);
            Consumer<String> killer = deadlyAt(i);
            assertTrue(dies(mac, home, killer::accept));
            rises(mac, home, before, points.get(i - 1));
            assertEquals(before, mac.picture(), points.get(i - 1));
        }
    }

    @Test
    void withoutTheFileNobodyKnowsWhatWasUp() throws Exception {
        FakeMac mac = new FakeMac();
        mac.after = deadlyAt(12);
        assertTrue(dies(mac, folder, point -> {}));
        Files.delete(folder.resolve("home/former"));
        mac.after = command -> {};
        try (Gap gap = gap(mac, folder, point -> {})) {
            gap.start();
            gap.lift(TestGap.GRANT);
            assertFalse(mac.up.contains("en0"));
        }
    }

    @Test
    void theFileAloneSaysClosed() throws Exception {
        FakeMac mac = new FakeMac();
        Path file = folder.resolve("home/former");
        Files.createDirectories(file.resolveSibling(""));
        Files.writeString(file, "omni-gap 1\nlink en6\nend\n");
        try (Gap gap = gap(mac, folder, point -> {})) {
            gap.start();
            assertEquals(State.GAP, gap.status().state());
            assertTrue(Files.readString(file).startsWith("omni-gap 1\nlink en6\nlink en0\n"));
        }
    }

    @Test
    void theRulesAloneSayClosed() throws Exception {
        FakeMac mac = new FakeMac();
        mac.anchors.put(PacketFilter.ANCHOR, PacketFilter.RULES);
        try (Gap gap = gap(mac, folder, point -> {})) {
            gap.start();
            assertEquals(State.GAP, gap.status().state());
        }
    }

    @Test
    void aDamagedFileIsKeptAndSaid() throws Exception {
        for (String damaged : List.of(
                "",
                "omni-gap 1\nlink en0\n",
                "omni-gap 2\nlink en0\nend\n",
                "omni-gap 1\nlink -a\nend\n",
                "omni-gap 1\ntoken x\nend\n",
                "omni-gap 1\nlink\nend\n",
                "omni-gap 1\nother en0\nend\n",
                "\u0000\u00ff\n")) {
            FakeMac mac = new FakeMac();
            Path home = folder.resolve("case-" + Integer.toHexString(damaged.hashCode()));
            Path file = home.resolve("home/former");
            Files.createDirectories(file.resolveSibling(""));
            Files.write(file, damaged.getBytes(StandardCharsets.ISO_8859_1));
            try (Gap gap = gap(mac, home, point -> {})) {
                gap.start();
                assertEquals(State.BROKEN, gap.status().state(), damaged);
                assertTrue(gap.status().problems().getFirst().contains("is damaged"), damaged);
                assertTrue(mac.dark(), damaged);
                assertEquals(damaged, Files.readString(file, StandardCharsets.ISO_8859_1));
                Files.delete(file);
                gap.check();
                assertEquals(State.GAP, gap.status().state(), damaged);
            }
        }
    }

    @Test
    void aDiskThatTakesNothingKeepsNothingOpen() throws Exception {
        FakeMac mac = new FakeMac();
        FakeMac.Picture before = mac.picture();
        Path inTheWay = folder.resolve("full");
        Files.createFile(inTheWay);
        MacHost host = new MacHost(Scope.of("machine"), inTheWay, mac, true);
        try (Gap gap = new Gap(host, TestGap.store(folder), Clock.systemUTC(), stacks -> List.of(), point -> {})) {
            gap.start();
            Gap.Status broken = gap.engage("a test");
            assertEquals(State.BROKEN, broken.state());
            assertTrue(broken.problems().getFirst().contains("is not on the disk"), broken.toString());
            assertTrue(mac.dark());
            Files.delete(inTheWay);
            gap.check();
            assertEquals(State.GAP, gap.status().state());
            assertTrue(Files.readString(inTheWay.resolve("former")).contains("link en0\n"));
            gap.lift(TestGap.GRANT);
        }
        assertEquals(before, mac.picture());
    }

    @Test
    void whoClosesDuringALiftIsNotForgotten() throws Exception {
        FakeMac mac = new FakeMac();
        FakeMac.Picture before = mac.picture();
        Path file = folder.resolve("former");
        MacWard ward = new MacWard(mac, file);
        ward.down();
        ward.restoreLinks();
        ward.down(); // another thread's engage, that waits for no lock
        ward.removeTables();
        assertTrue(Files.exists(file));
        assertEquals(Set.of("lo0"), mac.up);
        ward.restoreLinks();
        ward.removeTables();
        assertFalse(Files.exists(file));
        assertEquals(before, mac.picture());
    }
}
