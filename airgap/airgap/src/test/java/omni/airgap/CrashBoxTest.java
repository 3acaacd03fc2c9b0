package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        // Behind the last point everything is open, as it was granted.
        assertTrue(points.size() - 1 >= POINTS_MIN, points.toString());
        assertEquals("tables removed", points.getLast());
        for (int deadly = 1; deadly < points.size(); deadly++) {
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

    @Test
    void withoutWhatIsKeptADeathWouldOpen() throws Exception {
        try (Street one = new Street(1);
                Street other = new Street(1);
                Capture capture = new Capture(one)) {
            send(one);
            run(one, other, folder, 8, 137);
            Files.deleteIfExists(folder.resolve("run/airgap.closed"));
            Files.deleteIfExists(folder.resolve("home/closed"));
            one.inBox("ip", "link", "set", "eth0", "alias", "");
            one.inBox("ip", "link", "set", "eth0", "up");
            try (Gap gap = gap(one, other, folder)) {
                // The tables are in the kernel: they alone would make it close, so they are taken away, too.
                for (Ward ward : List.of(ward(one), ward(other))) {
                    ward.restoreLinks();
                    ward.removeTables();
                    ward.close();
                }
                gap.start();
                assertEquals(State.OPEN, gap.status().state());
                Tools.await("frames again", () -> capture.count().frames() > 0);
            }
        }
    }

    private static Ward ward(Street street) throws AirgapException {
        return Ward.of(Namespace.open(street.file()));
    }

    private static Gap gap(Street one, Street other, Path home) throws AirgapException {
        return TestGap.gap(one.file() + " " + other.file(), home, point -> {});
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
