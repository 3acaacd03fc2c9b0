package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gap in a namespace of the test's own: closed, confirmed, and opened again as it was. */
class GapBoxTest {
    @TempDir
    Path folder;

    @Test
    void whatWasUpComesUpAgainAndWhatWasDownStaysDown() throws Exception {
        try (Street street = new Street(2)) {
            street.link(2);
            street.inBox("ip", "link", "set", "eth1", "alias", "an owner's own words");
            try (TestGap gap = TestGap.over(street, folder)) {
                for (int i = 0; i < 2; i++) {
                    Gap.Status closed = gap.engage(); // twice: the second call finds its own marks
                    assertEquals(State.GAP, closed.state(), closed.toString());
                }
                String links = street.inBox("ip", "link");
                assertFalse(links.replaceAll("LOOPBACK,UP", "").contains(",UP"), links);
                gap.lift();
                assertEquals(State.OPEN, gap.gap().status().state());
                assertTrue(street.inBox("ip", "link", "show", "eth0").contains(",UP"));
                String second = street.inBox("ip", "link", "show", "eth1");
                assertTrue(second.contains(",UP") && second.contains("alias an owner's own words"), second);
                assertFalse(second.contains(Link.MARK));
                assertFalse(street.inBox("ip", "link", "show", "eth2").contains(",UP"));
            }
        }
    }
}
