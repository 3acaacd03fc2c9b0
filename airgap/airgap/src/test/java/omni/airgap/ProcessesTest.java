package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What stands in {@code /proc} is bytes. */
class ProcessesTest {
    @Test
    void aPathIsReadAsTheKernelWritesIt() {
        assertEquals("/run/a b\tc\nd\\e", Processes.path("/run/a\\040b\\011c\\012d\\134e"));
        assertEquals(
                "/run/ä",
                Processes.path(new String("/run/ä".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)));
        assertEquals("/run/\\04", Processes.path("/run/\\04"), "cut");
        assertEquals("/run/\\", Processes.path("/run/\\"));
        assertEquals("/run/\uFFFD", Processes.path("/run/\u00ff"), "no text: a name that does not open");
    }
}
