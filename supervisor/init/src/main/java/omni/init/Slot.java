package omni.init;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.RoleState;
import org.jspecify.annotations.Nullable;

/** One role's place in the tree and the process in it. Belongs to {@link Tree} and its thread. Times are the tree's. */
final class Slot {
    /** Where the role stands. */
    enum Phase {
        /** On demand, and nobody asks. */
        IDLE,
        /** To be started as soon as what it depends on is ready. */
        WAITING,
        STARTING,
        READY,
        /** Asked to stop, or killed: its end is awaited. */
        STOPPING,
        /** To be started when its wait is over. */
        BACKOFF,
        /** It will not be started again, except, if it is on demand, by asking. */
        FAILED,
        /** The tree stops, and it has. */
        ENDED
    }

    /** What follows the end of a process that was asked to stop. */
    enum Plan {
        NONE,
        START_AGAIN,
        END
    }

    final RoleSpec spec;
    Phase phase;
    Plan plan = Plan.NONE;
    /** The current process, or the last one; empty before the first. */
    String instance = "";

    OptionalLong pid = OptionalLong.empty();
    OptionalLong pssBytes = OptionalLong.empty();
    String note = "";
    /** Why the last process ended, or is to be killed; empty where none failed. */
    String fault = "";

    int restarts;
    /** Whether the next start is a restart. */
    boolean startedBefore;

    int failuresInRow;
    Duration launched = Duration.ZERO;
    Duration heard = Duration.ZERO;
    Optional<Duration> readySince = Optional.empty();
    Optional<Duration> startTime = Optional.empty();
    /** When something is due in this phase; none where only an event can change it. */
    Optional<Duration> due = Optional.empty();
    /** When it failed: an on-demand role's own budget. */
    final Deque<Duration> failures = new ArrayDeque<>();

    Slot(RoleSpec spec) {
        this.spec = spec;
        this.phase = onDemand() ? Phase.IDLE : Phase.WAITING;
    }

    boolean onDemand() {
        return spec.presence() == RoleSpec.Presence.ON_DEMAND;
    }

    /** Whether there is a process, or one is being made. */
    boolean isLive() {
        return switch (phase) {
            case STARTING, READY, STOPPING -> true;
            case IDLE, WAITING, BACKOFF, FAILED, ENDED -> false;
        };
    }

    /** Whether the process is to go, and has not been told. */
    boolean isCondemned() {
        return plan != Plan.NONE && (phase == Phase.STARTING || phase == Phase.READY);
    }

    void enter(Phase next, Optional<Duration> nextDue) {
        phase = next;
        due = nextDue;
    }

    /** As omni.Supervisor tells it. */
    SupervisorProtocol.Role view(String waitsFor) {
        RoleState state = switch (phase) {
            case IDLE, ENDED -> RoleState.IDLE;
            case WAITING, STARTING -> RoleState.STARTING;
            case READY -> RoleState.READY;
            case STOPPING -> RoleState.STOPPING;
            case BACKOFF -> RoleState.BACKOFF;
            case FAILED -> RoleState.FAILED;
        };
        boolean live = isLive();
        String line = live && !note.isEmpty() ? note : phase == Phase.READY ? "" : fault;
        if (phase == Phase.WAITING && !waitsFor.isEmpty()) {
            line = "waits for " + waitsFor;
        }
        return new SupervisorProtocol.Role(
                spec.name(),
                state,
                live ? boxed(pid) : null,
                restarts,
                startTime.map(Duration::toMillis).orElse(null),
                line.isEmpty() ? null : line,
                live ? boxed(pssBytes) : null);
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }
}
