package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServiceTimeTest {
    private final ServiceTime service = new ServiceTime();

    private void measured(Duration held, int times) {
        for (int i = 0; i < times; i++) {
            service.measured(held.toNanos());
        }
    }

    @Test
    void asLongAsNothingWasMeasuredASecondIsTaken() {
        assertEquals(9, service.retryAfterSeconds(144, 16));
    }

    @Test
    void itIsTheTimeInWhichTheyAllHaveBeenAnswered() {
        measured(Duration.ofSeconds(20), 1);
        assertEquals(180, service.retryAfterSeconds(144, 16));
        assertEquals(3, service.retryAfterSeconds(2, 16));
        assertEquals(40, service.retryAfterSeconds(2, 1));
    }

    @Test
    void itFollowsWhatIsMeasured() {
        measured(Duration.ofSeconds(20), 1);
        measured(Duration.ofSeconds(4), 1);
        assertEquals(18, service.retryAfterSeconds(1, 1));
        measured(Duration.ofSeconds(4), 60);
        assertEquals(5, service.retryAfterSeconds(1, 1));
    }

    @Test
    void itHasBounds() {
        measured(Duration.ofMillis(1), 1);
        assertEquals(1, service.retryAfterSeconds(1, 16));
        measured(Duration.ofHours(10), 1);
        assertEquals(ServiceTime.RETRY_SECONDS_MAX, service.retryAfterSeconds(100, 1));
    }
}
