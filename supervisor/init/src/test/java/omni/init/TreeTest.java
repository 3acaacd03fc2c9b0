package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import omni.init.RoleSpec.Presence;
import omni.init.RoleSpec.Restart;
import omni.role.SupervisorProtocol.RoleState;
import omni.role.SupervisorProtocol.TreeState;
import org.junit.jupiter.api.Test;

/** The state machine with a clock and processes of the test's own ({@link TreeBench}). */
final class TreeTest {
    private static final RoleSpec AIRGAP = resident("airgap", Restart.ONE_FOR_ONE);
    private static final RoleSpec VAULT = resident("vault", Restart.REST_FOR_ONE, "airgap");
    private static final RoleSpec ENGINE = resident("engine", Restart.ONE_FOR_ONE, "airgap");
    private static final RoleSpec DAEMON = resident("daemon", Restart.ONE_FOR_ONE, "vault", "engine");
    private static final RoleSpec FORGE =
            new RoleSpec("forge", List.of("engine"), Restart.ONE_FOR_ONE, Presence.ON_DEMAND, 64, List.of());

    private static RoleSpec resident(String name, Restart restart, String... dependsOn) {
        return new RoleSpec(name, List.of(dependsOn), restart, Presence.RESIDENT, 64, List.of());
    }

    private static TreeBench box() {
        return new TreeBench(DAEMON, VAULT, FORGE, ENGINE, AIRGAP);
    }

    @Test
    void startsWhatIsDependedOnFirstAndIndependentRolesSideBySide() {
        TreeBench bench = box();
        bench.handle(new Event.Begin());
        assertEquals(List.of("launch airgap"), bench.taken());
        bench.ready("airgap");
        assertEquals(List.of("launch vault", "launch engine"), bench.taken());
        bench.ready("engine");
        assertEquals(List.of(), bench.taken());
        assertEquals("waits for vault", bench.role("daemon").note());
        bench.ready("vault");
        assertEquals(List.of("launch daemon"), bench.taken());
        assertEquals(TreeState.STARTING, bench.tree.state());
        bench.ready("daemon");
        assertEquals(TreeState.READY, bench.tree.state());
        assertEquals(RoleState.IDLE, bench.role("forge").state());
    }

    @Test
    void measuresTheTimeFromStartToReady() {
        TreeBench bench = new TreeBench(AIRGAP);
        bench.handle(new Event.Begin());
        bench.pass(Duration.ofMillis(640));
        bench.ready("airgap");
        assertEquals(640L, bench.role("airgap").startMillis());
    }

    @Test
    void stopsInReverseOrderAndFinishesWhenTheLastIsGone() {
        TreeBench bench = box().up();
        bench.handle(new Event.Stop("Ctrl-C"));
        assertEquals(List.of("terminate daemon"), bench.taken());
        assertEquals(TreeState.STOPPING, bench.tree.state());
        bench.exits("daemon", 0);
        assertEquals(List.of("terminate vault", "terminate engine"), bench.taken());
        bench.exits("engine", 0);
        assertEquals(List.of(), bench.taken());
        bench.exits("vault", 0);
        assertEquals(List.of("terminate airgap"), bench.taken());
        bench.exits("airgap", 0);
        assertEquals(List.of("finish Ctrl-C"), bench.taken());
    }

    @Test
    void stopsWhatIsStillStartingAndStartsNothingMore() {
        TreeBench bench = box();
        bench.handle(new Event.Begin());
        bench.ready("airgap");
        bench.taken();
        bench.handle(new Event.Stop("Ctrl-C"));
        assertEquals(List.of("terminate vault", "terminate engine"), bench.taken());
        bench.exits("vault", 143);
        bench.exits("engine", 143);
        assertEquals(List.of("terminate airgap"), bench.taken());
        bench.exits("airgap", 0);
        assertEquals(List.of("finish Ctrl-C"), bench.taken());
    }

    @Test
    void killsWhatDoesNotStopInTimeAndAgainUntilItIsGone() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        bench.handle(new Event.Stop("Ctrl-C"));
        bench.taken();
        bench.pass(TreeBench.PATIENCE.stopGrace().minusMillis(1));
        assertEquals(List.of(), bench.taken());
        bench.pass(Duration.ofMillis(1));
        assertEquals(List.of("kill airgap"), bench.taken());
        bench.pass(Duration.ofSeconds(5));
        assertEquals(List.of("kill airgap"), bench.taken());
        bench.exits("airgap", 137);
        assertEquals(List.of("finish Ctrl-C"), bench.taken());
    }

    /** A role that forgets ends in order, again and again: that spends no budget of failures, and does not spin either. */
    @Test
    void whatEndsByItselfInOrderIsStartedAgainWithoutLimitButNotInARush() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        bench.exits("airgap", 0);
        assertEquals(List.of("launch airgap"), bench.taken(), "the first time at once");
        for (int i = 0; i < 3 * TreeBench.PATIENCE.restartsMax(); i++) {
            bench.ready("airgap");
            bench.exits("airgap", 0);
            assertEquals(List.of(), bench.taken(), "not at once again");
            bench.pass(TreeBench.PATIENCE.backoffMax());
            assertEquals(List.of("launch airgap"), bench.taken());
        }
    }

    @Test
    void whoDependsOnWhatEndsByItselfStartsAgainWithIt() {
        TreeBench bench = box().up();
        bench.exits("vault", 0);
        assertEquals(List.of("terminate daemon"), bench.taken());
        bench.exits("daemon", 0);
        assertEquals(List.of("launch vault"), bench.taken());
    }

    @Test
    void oneForOneRestartsItAloneAndAtOnce() {
        TreeBench bench = box().up();
        bench.exits("engine", 137);
        assertEquals(List.of("launch engine"), bench.taken());
        assertEquals(RoleState.READY, bench.role("daemon").state());
        assertEquals(TreeState.STARTING, bench.tree.state());
        bench.ready("engine");
        assertEquals(TreeState.READY, bench.tree.state());
        assertEquals(1, bench.role("engine").restarts());
        assertEquals(0, bench.role("daemon").restarts());
    }

    @Test
    void restForOneStopsTheDependantsFirstAndStartsThemAfter() {
        TreeBench bench = box().up();
        bench.exits("vault", 139);
        assertEquals(List.of("terminate daemon"), bench.taken());
        assertEquals(RoleState.READY, bench.role("engine").state());
        bench.exits("daemon", 0);
        assertEquals(List.of("launch vault"), bench.taken());
        bench.ready("vault");
        assertEquals(List.of("launch daemon"), bench.taken());
        bench.ready("daemon");
        assertEquals(TreeState.READY, bench.tree.state());
        assertEquals(1, bench.role("daemon").restarts());
        assertEquals(0, bench.role("engine").restarts());
    }

    @Test
    void aDependantThatDiesWhileItsDependencyIsAwayWaitsForIt() {
        TreeBench bench = box().up();
        bench.exits("engine", 137);
        bench.exits("daemon", 137);
        assertEquals(List.of("launch engine"), bench.taken());
        bench.ready("engine");
        assertEquals(List.of("launch daemon"), bench.taken());
    }

    @Test
    void waitsDoubleUpToTheLongestAndStartAfreshOnceStable() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        for (long millis : new long[] {0, 250, 500, 1000, 2000, 2000}) {
            bench.exits("airgap", 70);
            if (millis > 0) {
                assertEquals(RoleState.BACKOFF, bench.role("airgap").state());
                bench.pass(Duration.ofMillis(millis - 1));
                assertEquals(List.of(), bench.taken());
                bench.pass(Duration.ofMillis(1));
            }
            assertEquals(List.of("launch airgap"), bench.taken());
        }
        bench.ready("airgap");
        bench.pass(TreeBench.PATIENCE.stableAfter().dividedBy(2));
        bench.heartbeat("airgap");
        bench.pass(TreeBench.PATIENCE.stableAfter().dividedBy(2));
        bench.exits("airgap", 70);
        assertEquals(List.of("launch airgap"), bench.taken());
    }

    @Test
    void stopsInOrderWhenTheBudgetIsUsedUpAndSaysWhy() {
        TreeBench bench = box().up();
        int max = TreeBench.PATIENCE.restartsMax();
        for (int i = 0; i < max; i++) {
            bench.exits("engine", 70);
            bench.pass(Duration.ofSeconds(2));
            bench.heartbeats();
        }
        assertEquals(TreeState.READY, bench.tree.state());
        bench.taken();
        bench.exits("engine", 70);
        assertEquals(List.of("terminate daemon"), bench.taken());
        assertEquals(TreeState.FAILED, bench.tree.state());
        assertEquals(RoleState.FAILED, bench.role("engine").state());
        bench.exits("daemon", 0);
        bench.exits("vault", 0);
        bench.taken();
        bench.exits("airgap", 0);
        List<String> last = bench.taken();
        assertTrue(
                last.getFirst().startsWith("finish failed engine ended with code 70. The restart budget"),
                last::toString);
    }

    @Test
    void failuresOutsideOfTheWindowDoNotCount() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        for (int i = 0; i < 3 * TreeBench.PATIENCE.restartsMax(); i++) {
            bench.exits("airgap", 70);
            bench.ready("airgap");
            bench.pass(TreeBench.PATIENCE
                    .restartWindow()
                    .dividedBy(TreeBench.PATIENCE.restartsMax())
                    .plusMillis(1));
            bench.heartbeat("airgap");
        }
        assertEquals(TreeState.READY, bench.tree.state());
    }

    @Test
    void aProcessThatCannotBeStartedCountsAsAFailure() {
        TreeBench bench = new TreeBench(AIRGAP);
        bench.handle(new Event.Begin());
        for (int i = 0; i < TreeBench.PATIENCE.restartsMax(); i++) {
            bench.exits("airgap", -1);
            bench.pass(Duration.ofSeconds(2));
        }
        bench.taken();
        bench.exits("airgap", -1);
        List<String> last = bench.taken();
        assertTrue(last.getFirst().startsWith("finish failed airgap could not be started."), last::toString);
    }

    @Test
    void killsWhatIsNotReadyInTime() {
        TreeBench bench = new TreeBench(AIRGAP);
        bench.handle(new Event.Begin());
        bench.taken();
        bench.pass(TreeBench.PATIENCE.startTimeout().minusMillis(1));
        assertEquals(List.of(), bench.taken());
        bench.pass(Duration.ofMillis(1));
        assertEquals(List.of("kill airgap"), bench.taken());
        bench.exits("airgap", 137);
        assertEquals(List.of("launch airgap"), bench.taken());
        assertEquals("was not ready within 60 s", bench.role("airgap").note());
    }

    @Test
    void killsWhatIsSilentButNotWhatReports() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        for (int i = 0; i < 5; i++) {
            bench.pass(TreeBench.PATIENCE.liveness().minusMillis(1));
            bench.heartbeat("airgap");
        }
        assertEquals(List.of(), bench.taken());
        bench.pass(TreeBench.PATIENCE.liveness());
        assertEquals(List.of("kill airgap"), bench.taken());
        bench.exits("airgap", 137);
        assertEquals(List.of("launch airgap"), bench.taken());
        assertEquals("was silent for 10 s", bench.role("airgap").note());
    }

    /** Of a virtual machine that was paused, each process hears of time at the same moment. */
    @Test
    void whoCouldNotSpeakBecauseTheMachineStoodStillIsNotSilent() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        bench.pass(Duration.ofMinutes(5));
        assertEquals(List.of(), bench.taken());
        bench.pass(TreeBench.PATIENCE.liveness());
        assertEquals(List.of("kill airgap"), bench.taken(), "who says nothing afterwards is");
    }

    @Test
    void whatWasLeftOfATimeIsLeftWhenTheMachineGoesOn() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        bench.pass(TreeBench.PATIENCE.liveness().minusSeconds(1));
        bench.pass(Duration.ofMinutes(5));
        bench.pass(Duration.ofMillis(999));
        assertEquals(List.of(), bench.taken());
        bench.pass(Duration.ofMillis(1));
        assertEquals(List.of("kill airgap"), bench.taken());
    }

    @Test
    void aLateWordOfAnOldProcessIsNotHeard() {
        TreeBench bench = new TreeBench(AIRGAP).up();
        String old = bench.instance("airgap");
        bench.exits("airgap", 137);
        bench.taken();
        bench.report(old, omni.role.SupervisorProtocol.ReportParamsState.READY);
        bench.handle(new Event.Exited(old, new Launcher.Exit(137, "")));
        assertEquals(RoleState.STARTING, bench.role("airgap").state());
        assertEquals(List.of(), bench.taken());
        assertFalse(bench.tree.instances().containsValue(old));
    }

    @Test
    void theOperatorsRestartIsInOrderAndNotAFailure() {
        TreeBench bench = box().up();
        for (int i = 0; i < 2 * TreeBench.PATIENCE.restartsMax(); i++) {
            bench.handle(new Event.Restart("vault"));
            assertEquals(List.of("terminate daemon"), bench.taken());
            bench.exits("daemon", 0);
            assertEquals(List.of("terminate vault"), bench.taken());
            bench.exits("vault", 0);
            assertEquals(List.of("launch vault"), bench.taken());
            bench.ready("vault");
            bench.ready("daemon");
            assertEquals(List.of("launch daemon"), bench.taken());
        }
        assertEquals(TreeState.READY, bench.tree.state());
    }

    @Test
    void aRoleOnDemandStartsWhenWantedAndRestsWhenItHasEnded() {
        TreeBench bench = box().up();
        bench.handle(new Event.Wanted("forge"));
        assertEquals(List.of("launch forge"), bench.taken());
        bench.handle(new Event.Wanted("forge"));
        assertEquals(List.of(), bench.taken());
        bench.ready("forge");
        bench.exits("forge", 0);
        assertEquals(List.of(), bench.taken());
        assertEquals(RoleState.IDLE, bench.role("forge").state());
        bench.handle(new Event.Wanted("forge"));
        assertEquals(List.of("launch forge"), bench.taken());
        assertEquals(0, bench.role("forge").restarts());
    }

    @Test
    void aRoleOnDemandThatKeepsFailingFailsAloneUntilItIsWantedAgain() {
        TreeBench bench = box().up();
        bench.handle(new Event.Wanted("forge"));
        for (int i = 0; i <= TreeBench.PATIENCE.restartsMax(); i++) {
            bench.exits("forge", 70);
            bench.pass(Duration.ofSeconds(2));
            bench.heartbeats();
        }
        assertEquals(RoleState.FAILED, bench.role("forge").state());
        assertEquals(TreeState.READY, bench.tree.state());
        bench.taken();
        bench.handle(new Event.Wanted("forge"));
        assertEquals(List.of("launch forge"), bench.taken());
        bench.handle(new Event.Stop("Ctrl-C"));
        assertEquals(List.of("terminate daemon", "terminate forge"), bench.taken());
    }

    @Test
    void refusesRostersThatCannotStart() {
        RoleSpec a = resident("a", Restart.ONE_FOR_ONE, "b");
        RoleSpec b = resident("b", Restart.ONE_FOR_ONE, "a");
        RoleSpec needsForge = resident("c", Restart.ONE_FOR_ONE, "forge");
        assertThrows(IllegalArgumentException.class, () -> Roster.of(List.of(a, b)));
        assertThrows(IllegalArgumentException.class, () -> Roster.of(List.of(a)));
        assertThrows(IllegalArgumentException.class, () -> Roster.of(List.of(AIRGAP, AIRGAP)));
        assertThrows(IllegalArgumentException.class, () -> Roster.of(List.of(AIRGAP, ENGINE, FORGE, needsForge)));
    }
}
