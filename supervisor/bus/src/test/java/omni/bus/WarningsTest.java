package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The bound on log lines. */
final class WarningsTest {
    @Test
    void oneOverTheBoundIsWithheld() {
        var warnings = new Warnings(System.getLogger("omni.bus.test"));
        for (int i = 0; i < Warnings.WINDOW_LINES_MAX; i++) {
            warnings.warn("Planted {0}", i);
        }
        assertEquals(0, warnings.withheld());
        warnings.warn("Planted");
        assertEquals(1, warnings.withheld());
    }
}
