package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The role dies at every point of an engage and of a lift, and is started again: closed after each. Two namespaces are in
 * scope, so that there is a first and a last one at each step.
 */
class CrashBoxTest {
    private static final int POINTS_MIN = 20;

    @TempDir
    Path folder;

    @Test
    void closedAfterADeathAtEachPoint() throws Exception {
        List<String> points;
        try (Street one = new Street(1);
                Street other = new Street(1)) {
            points = run(one, other, folder.resolve("all"), 0, 0);
        }
        // Behind the last table everything is open, as it was granted.
        assertTrue(points.size() - 2 >= POINTS_MIN, points.toString());
        int open = points.lastIndexOf("tables removed") + 1;
        assertEquals(List.of("machine restored"), points.subList(open, points.size()));
        for (int deadly = 1; deadly < open; deadly++) {
            try (Street one = new Street(1);
                    Street other = new Street(1);
                    Capture capture = new Capture(one);
                    Capture second = new Capture(other)) {
                Path home = folder.resolve("at-" + deadly);
                send(one);
                send(other);
                Tools.await("frames while open", () -> capture.count().frames() > 0);
                Tools.await("frames while open", () -> second.count().frames() > 0);
                run(one, other, home, deadly, 137);
                String point = points.get(deadly - 1) + " (" + deadly + ")";
                try (Gap gap = gap(one, other, home)) {
                    gap.start();
                    assertEquals(State.GAP, gap.status().state(), "after " + point + ": " + gap.status());
                    capture.count();
                    second.count();
                    Tools.pause(100);
                    assertEquals(0, capture.count().frames() + second.count().frames(), "after " + point);
                }
            }
        }
    }

    /** What the machine has beside its namespaces is given back by who comes after, whoever had closed it. */
    @Test
    void openAndAsItWasAfterADeathBehindTheLastTable() throws Exception {
        try (Street one = new Street(1);
                Street other = new Street(1)) {
            List<String> points = run(one, other, folder.resolve("all"), 0, 0);
            for (int deadly = points.lastIndexOf("tables removed") + 1; deadly <= points.size(); deadly++) {
                Path home = folder.resolve("behind-" + deadly);
                run(one, other, home, deadly, 137);
                MachineFiles machine = new MachineFiles(home.resolve("machine"));
                boolean restored = points.get(deadly - 1).equals("machine restored");
                assertEquals(restored ? "0" : "2", machine.ring(), "the control");
                try (Gap gap = gap(one, other, home)) {
                    gap.start();
                    assertEquals(State.OPEN, gap.status().state(), gap.status().toString());
                    assertEquals(List.of(), gap.status().problems());
                }
                assertEquals("0", machine.ring(), points.get(deadly - 1));
                for (String file : List.of("radios", "io_uring")) {
                    assertFalse(Files.exists(home.resolve("home").resolve(file)), file);
                }
            }
        }
    }

    /** The control of each point: the same death, of a thread here, and nothing of what it has left behind. */
    @Test
    void withoutWhatIsKeptADeathAtEachPointWouldOpen() throws Exception {
        List<String> deaths = new ArrayList<>();
        try (Street one = new Street(1);
                Street other = new Street(1);
                Capture capture = new Capture(one);
                Capture second = new Capture(other)) {
            send(one);
            send(other);
            while (dies(one, other, folder.resolve("dies-" + deaths.size()), deaths)) {
                takeAway(one);
                takeAway(other);
                try (Gap gap = gap(one, other, folder.resolve("begins-" + deaths.size()))) {
                    gap.start();
                    assertEquals(State.OPEN, gap.status().state(), "after " + deaths.getLast());
                    capture.count();
                    second.count();
                    Tools.await(
                            "frames after " + deaths.getLast(),
                            () -> capture.count().other() > 0);
                    Tools.await(
                            "frames after " + deaths.getLast(),
                            () -> second.count().other() > 0);
                }
            }
        }
        assertTrue(deaths.size() - 2 >= POINTS_MIN, deaths.toString());
        assertEquals("machine restored", deaths.getLast());
    }

    private static final class DeathException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Whether there is a point behind those; if so, an engage or a lift ends at it. */
    private static boolean dies(Street one, Street other, Path home, List<String> deaths) throws AirgapException {
        AtomicInteger points = new AtomicInteger();
        int deadly = deaths.size() + 1;
        Gap.Faults faults = point -> {
            if (points.incrementAndGet() == deadly) {
                deaths.add(point);
                throw new DeathException();
            }
        };
        try (Gap gap = TestGap.gap(one.file() + " " + other.file(), home, faults)) {
            gap.start();
            assertEquals(State.GAP, gap.engage("to be interrupted").state());
            gap.lift(TestGap.GRANT);
            return false;
        } catch (DeathException e) {
            return true;
        }
    }

    /** The marks of the links and the tables; the files are those of another folder. */
    private static void takeAway(Street street) throws AirgapException {
        try (Ward ward = Ward.of(Namespace.open(street.file()))) {
            ward.restoreLinks();
            ward.removeTables();
        }
    }

    private static Gap gap(Street one, Street other, Path home) throws AirgapException {
        return TestGap.withMachine(one.file() + " " + other.file(), home, point -> {});
    }

    private static void send(Street street) throws IOException {
        Process sender = street.startInBox(Tools.probe("send").toString(), "packet");
        assertEquals("ready", sender.inputReader().readLine());
    }

    private static List<String> run(Street one, Street other, Path home, int deadly, int exit)
            throws IOException, InterruptedException {
        Files.createDirectories(home);
        Process process = CrashMain.process(one.file() + " " + other.file(), home, deadly)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> points = process.inputReader().readAllLines();
        assertEquals(exit, process.waitFor());
        return points;
    }
}
