package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Nothing leads to OPEN but a lift with two factors. */
class StateTest {
    private static final int SEQUENCES = 1_000_000;
    private static final int EVENTS = 12;
    private static final Grant BOTH = new Grant(true, true, "test");
    private static final List<State.Event> EVENTS_ALL = List.of(
            new State.Engage(),
            new State.Confirmed(),
            new State.Failed(),
            new State.Lift(BOTH),
            new State.Lift(new Grant(true, false, "test")),
            new State.Lift(new Grant(false, true, "test")),
            new State.Lift(new Grant(false, false, "test")),
            new State.Lifted(BOTH),
            new State.Lifted(new Grant(true, false, "test")),
            new State.Lifted(new Grant(false, true, "test")));

    @Test
    void aMillionSequencesNeverOpenWithoutAGrantedLift() {
        assertEquals(0, openedWithoutLift(State::after));
    }

    @Test
    void theSearchFindsAMachineThatOpensByItself() {
        assertTrue(openedWithoutLift((state, event) -> switch (event) {
                    case State.Lift lift when state == State.GAP && lift.grant().secret() -> State.LIFTING;
                    case State.Lifted _ when state == State.LIFTING -> State.OPEN;
                    default -> state.after(event);
                })
                > 0);
    }

    /** Runs random sequences and counts those that came to OPEN otherwise than by a lift with both factors after the last closing. */
    private static int openedWithoutLift(BiFunction<State, State.Event, State> machine) {
        Random random = new Random(42);
        int wrong = 0;
        for (int i = 0; i < SEQUENCES; i++) {
            State state = State.OPEN;
            boolean granted = true; // as it was before anybody closed
            for (int j = 0; j < EVENTS; j++) {
                State.Event event = EVENTS_ALL.get(random.nextInt(EVENTS_ALL.size()));
                State next = machine.apply(state, event);
                if (event instanceof State.Engage || event instanceof State.Failed) {
                    granted &= next == State.OPEN;
                } else if (event instanceof State.Lift lift && lift.grant().holds() && state == State.GAP) {
                    granted = true;
                }
                if (next == State.OPEN && !granted) {
                    wrong++;
                    break;
                }
                state = next;
            }
        }
        return wrong;
    }

    @Test
    void engageClosesFromEverywhere() {
        for (State state : State.values()) {
            assertEquals(State.ENGAGING, state.after(new State.Engage()));
        }
    }

    @Test
    void onlyAConfirmedGapIsLifted() {
        for (State state : State.values()) {
            assertEquals(state == State.GAP ? State.LIFTING : state, state.after(new State.Lift(BOTH)));
        }
        assertEquals(State.OPEN, State.LIFTING.after(new State.Lifted(BOTH)));
        assertFalse(State.OPEN.closed());
        assertEquals(State.BROKEN, State.GAP.after(new State.Failed()));
        assertEquals(State.GAP, State.BROKEN.after(new State.Confirmed()));
    }
}
