package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import omni.airgap.Capture.Ethertype;

/**
 * A sender against a gap: at work while it is open, which is the control, and when it is closed; then another one, started in it.
 *
 * @param windowMillis for how long the neighbour counts
 */
record Trial(TestGap gap, Capture capture, String kind, Ethertype type, int windowMillis) {
    /** Starts one that sends from then on. */
    @FunctionalInterface
    interface Sender {
        Process start(String when) throws Exception;
    }

    /** From an open gap on, over a link that is silent; the gap is closed afterwards. It is told "before" and "during". */
    void assertNothingLeaves(Sender sender) throws Exception {
        capture.awaitSilence();
        Process before = sender.start("before");
        capture.awaitFlow(kind + " reaches the neighbour while the gap is open", type);

        Gap.Status closed = gap.engage();
        assertEquals(State.GAP, closed.state(), closed.toString());
        assertEquals(0, capture.during(windowMillis).frames(), kind + " was at work when the gap was closed");
        assertTrue(before.isAlive());
        before.destroyForcibly().waitFor();

        capture.count();
        Process during = sender.start("during");
        Tools.pause(windowMillis);
        assertEquals(0, capture.count().frames(), kind + " was started in the gap");
        assertTrue(during.isAlive());
    }

    /** The control once more. */
    void assertLeavesAgain() throws Exception {
        capture.awaitFlow(kind + " reaches the neighbour again", type);
    }
}
