package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.Test;

/** What keys have had, and the queue that goes by it. */
class SharesTest {
    private static final Caller A = new Caller("a", Priority.NORMAL);
    private static final Caller B = new Caller("b", Priority.NORMAL);
    private static final Caller QUIET = new Caller("a", Priority.BACKGROUND);

    private final Shares shares = new Shares();

    /** Something that waits. */
    private record Waiter(Caller caller, int number) implements FairQueue.Member {}

    @Test
    void whoComesIsLevelWithWhoHasHadLeast() {
        shares.enter(A);
        shares.charge(A, 1000);
        shares.enter(B);
        assertEquals(1000, shares.had(B));
    }

    @Test
    void whoComesBackHasNotForgottenWhatItHad() {
        shares.enter(A);
        shares.enter(B);
        shares.charge(A, 1000);
        shares.leave(A);
        shares.charge(B, 300);
        shares.enter(A);
        assertEquals(1000, shares.had(A));
        assertEquals(300, shares.had(B));
    }

    @Test
    void whenNobodyIsLeftAllStartAlike() {
        shares.enter(A);
        shares.charge(A, 1000);
        shares.leave(A);
        shares.enter(B);
        shares.enter(A);
        assertEquals(0, shares.had(A));
        assertEquals(2, shares.size());
    }

    @Test
    void classesAreCountedApart() {
        shares.enter(A);
        shares.charge(A, 1000);
        shares.enter(QUIET);
        assertEquals(0, shares.had(QUIET));
        shares.leave(A);
        assertEquals(1, shares.size());
    }

    @Test
    void onePastTheBoundTheOneThatHadLeastIsForgotten() {
        shares.enter(A);
        for (int i = 1; i <= Shares.ABSENT_MAX + 1; i++) {
            Caller other = new Caller("key" + i, Priority.NORMAL);
            shares.enter(other);
            shares.charge(other, i);
            shares.leave(other);
        }
        assertEquals(1 + Shares.ABSENT_MAX, shares.size());
        assertEquals(0, shares.had(new Caller("key1", Priority.NORMAL)));
        assertEquals(2, shares.had(new Caller("key2", Priority.NORMAL)));
    }

    @Test
    void nobodyLeavesWhoNeverCame() {
        assertThrows(IllegalStateException.class, () -> shares.leave(A));
    }

    @Test
    void theQueueGoesByWhatKeysHaveHad() {
        FairQueue<Waiter> queue = new FairQueue<>(shares);
        assertNull(queue.next());
        shares.enter(A);
        shares.enter(B);
        queue.add(new Waiter(A, 1));
        queue.add(new Waiter(B, 2));
        assertEquals(new Waiter(A, 1), queue.next());
        shares.charge(A, 1);
        assertEquals(new Waiter(B, 2), queue.next());
        queue.putBack(new Waiter(B, 3));
        assertEquals(new Waiter(B, 3), queue.next());
    }

    @Test
    void aClassThatWasPassedOverForLongIsNextOnce() {
        FairQueue<Waiter> queue = new FairQueue<>(shares);
        queue.add(new Waiter(A, 1));
        queue.add(new Waiter(A, 2));
        queue.add(new Waiter(QUIET, 3));
        queue.add(new Waiter(QUIET, 4));
        queue.passOver(Priority.BACKGROUND, Patience.TOKENS - 1);
        assertEquals(new Waiter(A, 1), queue.next());
        queue.passOver(Priority.BACKGROUND, 1);
        assertEquals(new Waiter(QUIET, 3), queue.next());
        assertEquals(new Waiter(A, 1), queue.mostUrgent());
        queue.take(new Waiter(QUIET, 3));
        assertEquals(new Waiter(A, 1), queue.next());
    }

    @Test
    void aClassWithNobodyThereGathersNoPatience() {
        FairQueue<Waiter> queue = new FairQueue<>(shares);
        queue.add(new Waiter(A, 1));
        queue.passOver(Priority.BACKGROUND, Patience.TOKENS);
        queue.add(new Waiter(QUIET, 2));
        assertEquals(new Waiter(A, 1), queue.next());
    }
}
