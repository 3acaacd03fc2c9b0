package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
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

    /** Whatever ends a lift in its middle, it does not stay half open until the watch looks, which is soon as well. */
    @Test
    void aLiftThatBreaksOffClosesAgainAtOnce() throws Exception {
        AtomicReference<Gap> over = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        try (Street street = new Street(1);
                Gap gap = TestGap.gap(street.file(), folder, point -> {
                    if (point.equals("links restored")) {
                        seen.add("shut: " + over.get().shut() + ", unsettled: "
                                + over.get().unsettled());
                        throw new IllegalStateException("a test");
                    }
                })) {
            over.set(gap);
            gap.start();
            assertFalse(gap.unsettled());
            assertEquals(State.GAP, gap.engage("a test").state());
            assertThrows(IllegalStateException.class, () -> gap.lift(TestGap.GRANT));
            assertEquals(List.of("shut: false, unsettled: true"), seen);
            assertEquals(State.GAP, gap.status().state(), gap.status().toString());
            assertEquals("a lift failed: it broke off", gap.status().cause());
            assertTrue(gap.shut());
            assertFalse(street.inBox("ip", "link", "show", "eth0").contains(",UP"));
        }
    }
}
