package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log says of a gap; that an offline lift says nothing is shown by OfflineBoxTest. */
class GapLogTest {
    @TempDir
    Path folder;

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final FakeHost host = new FakeHost() {
        @Override
        public void shut(Report report, Gap.Faults faults) {
            for (int i = 0; i < 2; i++) { // namespaces
                report.step("links", () -> {
                    report.closed(2);
                    return List.of();
                });
                report.step("filter", () -> List.of());
            }
            report.step("sockets", () -> {
                report.closed(17);
                return faulty ? List.of("a socket is left") : List.of();
            });
        }
    };

    private Gap gap() throws AirgapException {
        return new Gap(host, TestGap.store(folder), Clock.systemUTC());
    }

    private void awaitLines(int count) {
        Tools.await(count + " lines", () -> lines.size() >= count);
    }

    @Test
    void aGapThatIsConfirmedAndOneThatIsLiftedAreALineEach() throws Exception {
        try (Gap gap = gap();
                GapLog log = new GapLog(lines::add)) {
            var _ = gap.onChange(log);
            gap.start();
            var _ = gap.engage("for the holidays");
            var _ = gap.engage("again");
            awaitLines(1);
            var _ = gap.lift(TestGap.GRANT);
            awaitLines(2);
            assertEquals(
                    "The gap is closed, and every step is confirmed: 1 namespace, links 4, sockets 17",
                    lines.getFirst(),
                    "and none of the owner's words");
            assertTrue(lines.getLast().matches("The gap is open, after \\d+ s, lifted by a test"), lines::toString);
            assertEquals(2, lines.size(), "neither the start of an open one, nor what changes nothing");
        }
    }

    @Test
    void whatIsNotConfirmedIsALineWhenItIs() throws Exception {
        host.faulty = true;
        try (Gap gap = gap();
                GapLog log = new GapLog(lines::add)) {
            var _ = gap.onChange(log);
            gap.start();
            assertEquals(State.BROKEN, gap.engage("a test").state());
            host.faulty = false;
            assertEquals(State.GAP, gap.engage("a test").state());
            host.opening = () -> {
                throw new IllegalStateException("a fault");
            };
            assertThrows(IllegalStateException.class, () -> gap.lift(TestGap.GRANT));
            awaitLines(2);
            assertTrue(lines.stream().allMatch(line -> line.startsWith("The gap is closed")), lines::toString);
        }
        try (Gap gap = gap();
                GapLog log = new GapLog(lines::add)) {
            var _ = gap.onChange(log);
            gap.start(); // finds it closed
            awaitLines(3);
            assertTrue(lines.getLast().startsWith("The gap is closed"), lines::toString);
        }
    }

    /** As a pipe that is full: what closes does not wait for it, and what waits for it is bounded. */
    @Test
    void whereNobodyReadsItNothingWaits() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        try (Gap gap = gap();
                GapLog log = new GapLog(line -> {
                    lines.add(line);
                    Tools.await("it is read", () -> read.getCount() == 0);
                })) {
            var _ = gap.onChange(log);
            gap.start();
            for (int i = 0; i < 60; i++) {
                assertEquals(State.GAP, gap.engage("a test").state());
                assertEquals(State.OPEN, gap.lift(TestGap.GRANT).state());
            }
            read.countDown();
            awaitLines(101); // the one that was being written, and those that waited
            assertEquals(101, lines.size());
        }
    }
}
