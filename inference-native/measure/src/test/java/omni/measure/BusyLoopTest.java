package omni.measure;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BusyLoopTest {
    @Test
    void computesUntilItIsClosed() {
        try (var loop = new BusyLoop(2)) {
            Await.until("it has had some of a processor", () -> loop.share() > 0);
            assertTrue(runs());
        }
        assertFalse(runs());
    }

    private static boolean runs() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(t -> t.getName().equals("busy-loop"));
    }
}
