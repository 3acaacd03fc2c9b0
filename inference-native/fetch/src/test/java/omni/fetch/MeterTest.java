package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicLong;
import omni.fetch.FetchProtocol.ProgressPhase;
import org.junit.jupiter.api.Test;

final class MeterTest {
    @Test
    void tellsRateAndTimeLeftOverTenSeconds() {
        AtomicLong now = new AtomicLong();
        Meter meter = new Meter(now::get);
        assertEquals(null, meter.look().total());
        meter.plan(1, 1000);
        assertEquals(null, meter.look().sha256());
        meter.enter(ProgressPhase.FETCHING, "f", 1, "ab");
        assertEquals("ab", meter.look().sha256());
        meter.correct(100); // there before: no rate
        assertEquals(0, meter.look().bytesPerSecond());
        for (int second = 1; second <= 20; second++) {
            now.addAndGet(1_000_000_000);
            meter.add(second <= 10 ? 50 : 10);
            var progress = meter.look();
            if (second == 10) {
                assertEquals(50, progress.bytesPerSecond());
                assertEquals(8, progress.secondsLeft());
            }
            if (second == 20) {
                assertEquals(10, progress.bytesPerSecond());
                assertEquals(700, progress.bytes());
                assertEquals(30, progress.secondsLeft());
            }
        }
        meter.note("waits");
        assertEquals("waits", meter.look().note());
        meter.enter(ProgressPhase.CHECKING, "f", 1, "");
        assertEquals(null, meter.look().secondsLeft());
    }
}
