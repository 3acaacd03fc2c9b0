package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import omni.device.CpuSet;
import omni.device.Thermal;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the engine holds back, with a clock, processors and heat of the test's own. */
class GovernorTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path folder;

    private final AtomicInteger changes = new AtomicInteger();
    private long nanos = 100 * SECOND;
    private double allSeconds;
    private double ownSeconds;
    private int headroom = 40_000;
    private boolean throttling;
    private @Nullable Governor made;

    @BeforeEach
    void make() throws IOException {
        made = governor("");
    }

    private Governor governor() {
        return Objects.requireNonNull(made);
    }

    private Governor governor(String line) throws IOException {
        return new Governor(
                4,
                EngineFixture.tuning(folder, line),
                this::times,
                this::thermal,
                () -> nanos,
                changes::incrementAndGet);
    }

    private Governor.Times times() {
        return new Governor.Times((long) (allSeconds * SECOND), (long) (ownSeconds * SECOND));
    }

    private Thermal thermal() {
        return new Thermal(
                List.of(new Thermal.Zone("cpu", 90_000 - headroom, OptionalInt.of(90_000))),
                throttling ? List.of("the kernel holds Processor at step 1 of 3") : List.of(),
                OptionalLong.empty());
    }

    /** A second passes in which we and others use so many processors. */
    private Governor.Allowance second(double own, double others) {
        nanos += SECOND;
        ownSeconds += own;
        allSeconds += own + others;
        return governor().look();
    }

    @Test
    void aloneItHoldsNothingBack() {
        for (int i = 0; i < 5; i++) {
            assertEquals(new Governor.Allowance(Integer.MAX_VALUE, 0, ""), second(3.9, 0.1));
        }
        assertEquals(0, changes.get());
    }

    @Test
    void itYieldsToOthersAtOnceAndComesBackWhenTheyAreQuiet() {
        assertEquals(3, second(3.2, 0.8).threads(), "one busy program beside four spinning threads");
        assertEquals(3, second(3.0, 1.0).threads());
        assertTrue(
                governor().now().why().contains("other programs use 1.0 processors"),
                governor().now().why());
        assertEquals(2, second(2.5, 1.5).threads());
        assertEquals(1, second(0.5, 3.9).threads(), "never none");
        assertEquals(1, second(1.0, 0.0).threads(), "a quiet second is not enough");
        second(1.0, 0.0);
        assertEquals(Integer.MAX_VALUE, second(1.0, 0.0).threads());
        assertEquals("", governor().now().why());
        assertEquals(4, changes.get());
    }

    @Test
    void itLooksNoMoreThanTwiceASecond() {
        second(4, 0);
        nanos += SECOND / 4;
        allSeconds += 100;
        assertEquals(Integer.MAX_VALUE, governor().look().threads());
    }

    @Test
    void itComputesLessBeforeTheBoxSlowsDown() {
        headroom = 2_000;
        assertEquals(3, second(4, 0).threads());
        assertEquals(25, governor().now().restPercent());
        assertTrue(
                governor().now().why().contains("2.0 °C below its limit"),
                governor().now().why());
        for (int i = 0; i < 30; i++) {
            second(4, 0);
        }
        assertEquals(
                new Governor.Allowance(1, 100, governor().now().why()),
                governor().now(),
                "the least it goes down to");
        headroom = 5_000;
        for (int i = 0; i < 30; i++) {
            second(1, 0);
        }
        assertEquals(1, governor().now().threads(), "neither hot nor cool: it stays");
        headroom = 20_000;
        for (int i = 0; i < 30; i++) {
            second(1, 0);
        }
        assertEquals(
                new Governor.Allowance(Integer.MAX_VALUE, 0, ""), governor().now());
    }

    @Test
    void aBoxThatThrottlesIsToldWhy() {
        throttling = true;
        assertEquals(3, second(4, 0).threads());
        assertTrue(governor().now().why().contains("the kernel holds Processor at step 1 of 3"));
    }

    @Test
    void theOwnerMayWantNeither() throws IOException {
        made = governor("yield_to_others = false\nyield_to_heat = false");
        throttling = true;
        assertEquals(new Governor.Allowance(Integer.MAX_VALUE, 0, ""), second(1, 3));
    }

    @Test
    void timesAreReadFromTheKernel() throws IOException {
        var stat = Files.writeString(folder.resolve("stat"), """
            cpu  9 9 9 9 9 9 9 9 0 0
            cpu0 100 20 30 9999 77 1 2 3 0 0
            cpu1 1000 0 0 9999 0 0 0 0 0 0
            intr 5
            """);
        assertEquals(156 * 10_000_000L, ProcessorTimes.read(stat, CpuSet.of(0)).allNanos());
        assertEquals(
                1156 * 10_000_000L, ProcessorTimes.read(stat, CpuSet.of(0, 1)).allNanos());
        assertEquals(
                0, ProcessorTimes.read(folder.resolve("none"), CpuSet.of(0)).allNanos());
    }
}
