package omni.init;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import omni.init.RoleSpec.Restart;
import omni.init.Slot.Phase;
import omni.init.Slot.Plan;
import omni.role.SupervisorConfig;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.ReportParamsState;
import omni.role.SupervisorProtocol.TreeState;

/**
 * The supervision tree as a state machine: events and the time go in, orders come out, nothing else happens here. After
 * Erlang/OTP's supervisor (erlang.org/doc/apps/stdlib/supervisor.html), with these differences: roles name what they
 * depend on, so that independent ones start side by side; a start that fails is retried within the budget; waits between
 * restarts grow.
 *
 * <p>Inputs: {@link #handle} with an event and the time since the tree began, which never goes back. Outputs: the orders,
 * {@link #nextDue} (when to call with {@link Event.Tick} at the latest), and the view. One thread.
 */
final class Tree {
    /** A process that does not end when killed is killed again so often. */
    private static final Duration KILL_AGAIN = Duration.ofSeconds(5);

    /** Later than this it was this process that could not run, and so could no other: a machine that stood still. */
    private static final Duration STOOD_STILL = Duration.ofSeconds(2);

    private final Roster roster;
    private final SupervisorConfig patience;
    private final Supplier<String> instances;
    private final SequencedMap<String, Slot> slots = new LinkedHashMap<>();
    private final Deque<Duration> failures = new ArrayDeque<>();
    private List<Order> orders = new ArrayList<>();
    /** When something was handled last. */
    private Duration handled = Duration.ZERO;

    private enum Course {
        BEFORE,
        RUNNING,
        STOPPING,
        FINISHED
    }

    private Course course = Course.BEFORE;
    private boolean failed;
    private String reason = "";

    /** A tree in which nothing runs; instances makes a new random name at each call. */
    Tree(Roster roster, SupervisorConfig patience, Supplier<String> instances) {
        this.roster = roster;
        this.patience = patience;
        this.instances = instances;
        roster.roles().forEach(spec -> slots.put(spec.name(), new Slot(spec)));
    }

    /** What is to be done now that this has happened. */
    List<Order> handle(Event event, Duration now) {
        orders = new ArrayList<>();
        passOver(now);
        if (course != Course.FINISHED) {
            switch (event) {
                case Event.Begin begin -> course = course == Course.BEFORE ? Course.RUNNING : course;
                case Event.Started started ->
                    live(started.instance()).ifPresent(slot -> slot.pid = OptionalLong.of(started.pid()));
                case Event.Reported reported ->
                    live(reported.instance()).ifPresent(slot -> report(slot, reported, now));
                case Event.Exited exited -> live(exited.instance()).ifPresent(slot -> exit(slot, exited.exit(), now));
                case Event.Wanted wanted -> want(wanted.role());
                case Event.Restart restart -> restart(restart.role());
                case Event.Stop stop -> stop(stop.reason(), false);
                case Event.Tick tick -> {}
            }
            settle(now);
        }
        return List.copyOf(orders);
    }

    /** When time alone will change something; nothing where only an event can. */
    Optional<Duration> nextDue() {
        return slots.values().stream().flatMap(slot -> slot.due.stream()).min(Duration::compareTo);
    }

    /** While this process could not run no other could: what those are to do by a time has so much more. */
    private void passOver(Duration now) {
        List<Slot> live = slots.values().stream().filter(Slot::isLive).toList();
        boolean stoodStill = live.stream()
                .flatMap(slot -> slot.due.stream())
                .anyMatch(due -> now.minus(due).compareTo(STOOD_STILL) > 0);
        if (stoodStill) {
            Duration lost = now.minus(handled);
            live.forEach(slot -> slot.due = slot.due.map(due -> due.plus(lost)));
        }
        handled = now;
    }

    private Optional<Slot> live(String instance) {
        return slots.values().stream()
                .filter(slot -> slot.isLive() && slot.instance.equals(instance))
                .findFirst();
    }

    private void report(Slot slot, Event.Reported reported, Duration now) {
        slot.heard = now;
        slot.note = reported.note();
        slot.pssBytes = reported.pssBytes();
        if (slot.phase == Phase.STARTING && reported.state() == ReportParamsState.READY) {
            slot.startTime = Optional.of(now.minus(slot.launched));
            slot.readySince = Optional.of(now);
            slot.enter(Phase.READY, Optional.of(now.plus(patience.liveness())));
            tell(slot, false, "ready in " + Words.time(now.minus(slot.launched)));
        } else if (slot.phase == Phase.READY) {
            slot.due = Optional.of(now.plus(patience.liveness()));
        }
    }

    private void exit(Slot slot, Launcher.Exit exit, Duration now) {
        boolean wasReady = slot.readySince.isPresent();
        boolean stable = slot.readySince
                .filter(since -> now.minus(since).compareTo(patience.stableAfter()) >= 0)
                .isPresent();
        boolean killedByTree = slot.phase == Phase.STOPPING && slot.plan == Plan.NONE;
        Plan plan = slot.plan;
        slot.plan = Plan.NONE;
        slot.readySince = Optional.empty();
        slot.note = "";
        if (course == Course.STOPPING || plan == Plan.END) {
            slot.enter(Phase.ENDED, Optional.empty());
            tell(slot, false, "stopped");
        } else if (plan == Plan.START_AGAIN) {
            slot.enter(Phase.WAITING, Optional.empty());
        } else if (slot.onDemand() && wasReady && exit.code() == 0 && !killedByTree) {
            slot.fault = "";
            slot.enter(Phase.IDLE, Optional.empty());
            tell(slot, false, "at rest");
        } else if (wasReady && exit.code() == 0 && !killedByTree) {
            endedInOrder(slot, stable, now);
        } else {
            slot.fault = killedByTree ? slot.fault : Words.ending(exit);
            slot.failuresInRow = stable ? 1 : slot.failuresInRow + 1;
            fail(slot, now);
        }
    }

    /** A resident role has ended by itself, as one does that forgets: no failure, and it starts again; often means later. */
    private void endedInOrder(Slot slot, boolean stable, Duration now) {
        slot.fault = "";
        slot.failuresInRow = stable ? 1 : slot.failuresInRow + 1;
        tell(slot, false, "ended by itself; starts again");
        startAgain(slot, backoff(slot.failuresInRow), now);
    }

    private void fail(Slot slot, Duration now) {
        Deque<Duration> counted = slot.onDemand() ? slot.failures : failures;
        counted.addLast(now);
        while (counted.getFirst().compareTo(now.minus(patience.restartWindow())) < 0) {
            counted.removeFirst();
        }
        if (counted.size() > patience.restartsMax()) {
            slot.enter(Phase.FAILED, Optional.empty());
            String spent = Words.budget(slot.spec.name(), slot.fault, patience);
            if (slot.onDemand()) {
                counted.clear();
                tell(slot, true, spent);
            } else {
                stop(spent, true);
            }
            return;
        }
        Duration wait = backoff(slot.failuresInRow);
        tell(slot, true, slot.fault + (wait.isZero() ? "; starts again" : "; starts again in " + Words.time(wait)));
        startAgain(slot, wait, now);
    }

    private void startAgain(Slot slot, Duration wait, Duration now) {
        slot.enter(
                wait.isZero() ? Phase.WAITING : Phase.BACKOFF,
                wait.isZero() ? Optional.empty() : Optional.of(now.plus(wait)));
        if (slot.spec.restart() == Restart.REST_FOR_ONE) {
            condemnDependants(slot);
        }
    }

    /** None before the first restart in a row; then the first wait, doubled each time up to the longest. */
    private Duration backoff(int failuresInRow) {
        if (failuresInRow <= 1) {
            return Duration.ZERO;
        }
        Duration wait = patience.backoffFirst();
        for (int i = 2; i < failuresInRow && wait.compareTo(patience.backoffMax()) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(patience.backoffMax()) < 0 ? wait : patience.backoffMax();
    }

    private void condemnDependants(Slot slot) {
        for (String name : roster.dependants(slot.spec.name())) {
            Slot dependant = slot(name);
            if (dependant.isLive() && dependant.plan == Plan.NONE && dependant.phase != Phase.STOPPING) {
                dependant.plan = Plan.START_AGAIN;
                tell(dependant, false, "starts again with " + slot.spec.name());
            }
        }
    }

    private void want(String role) {
        Slot slot = slot(role);
        if (course != Course.RUNNING || !slot.onDemand()) {
            return;
        }
        slot.spec.dependsOn().forEach(this::want);
        if (slot.phase == Phase.IDLE || slot.phase == Phase.FAILED) {
            slot.failuresInRow = 0;
            slot.fault = "";
            slot.startedBefore = false;
            slot.enter(Phase.WAITING, Optional.empty());
        }
    }

    private void restart(String role) {
        Slot slot = slot(role);
        if (course != Course.RUNNING) {
            return;
        }
        if (slot.phase == Phase.STARTING || slot.phase == Phase.READY) {
            slot.plan = Plan.START_AGAIN;
            if (slot.spec.restart() == Restart.REST_FOR_ONE) {
                condemnDependants(slot);
            }
        } else if (slot.phase == Phase.BACKOFF) {
            slot.enter(Phase.WAITING, Optional.empty());
        }
    }

    private void stop(String why, boolean becauseFailed) {
        if (course == Course.STOPPING) {
            return;
        }
        course = Course.STOPPING;
        failed = becauseFailed;
        reason = why;
        for (Slot slot : slots.values()) {
            if (slot.isLive()) {
                slot.plan = Plan.END;
            } else if (slot.phase != Phase.FAILED) {
                slot.enter(Phase.ENDED, Optional.empty());
            }
        }
    }

    /** Does what the state of the slots and the time ask for, until nothing is left to do. */
    private void settle(Duration now) {
        for (Slot slot : slots.values()) {
            if (slot.due.filter(due -> due.compareTo(now) <= 0).isPresent()) {
                overdue(slot, now);
            }
        }
        for (Slot slot : slots.values()) {
            if (slot.isCondemned() && !hasDepartingDependants(slot)) {
                slot.enter(Phase.STOPPING, Optional.of(now.plus(patience.stopGrace())));
                orders.add(new Order.Terminate(slot.instance));
            }
        }
        if (course == Course.RUNNING) {
            for (Slot slot : slots.values()) {
                if (slot.phase == Phase.WAITING && waitsFor(slot).isEmpty() && !hasDepartingDependants(slot)) {
                    launch(slot, now);
                }
            }
        } else if (course == Course.STOPPING && slots.values().stream().noneMatch(Slot::isLive)) {
            course = Course.FINISHED;
            orders.add(new Order.Finish(new Order.Outcome(failed, reason)));
        }
    }

    private void overdue(Slot slot, Duration now) {
        switch (slot.phase) {
            case BACKOFF -> slot.enter(Phase.WAITING, Optional.empty());
            case STARTING -> kill(slot, "was not ready within " + Words.time(patience.startTimeout()), now);
            case READY -> kill(slot, "was silent for " + Words.time(patience.liveness()), now);
            case STOPPING -> kill(slot, slot.fault, now);
            case IDLE, WAITING, FAILED, ENDED -> slot.due = Optional.empty();
        }
    }

    private void kill(Slot slot, String fault, Duration now) {
        if (slot.phase != Phase.STOPPING) {
            slot.fault = fault;
            tell(slot, true, fault + "; killed");
        } else if (slot.plan != Plan.NONE) {
            tell(slot, true, "did not stop within " + Words.time(patience.stopGrace()) + "; killed");
        }
        slot.enter(Phase.STOPPING, Optional.of(now.plus(KILL_AGAIN)));
        orders.add(new Order.Kill(slot.instance));
    }

    /** Whether a role that depends on this one still has a process that is to go before this one moves. */
    private boolean hasDepartingDependants(Slot slot) {
        return roster.dependants(slot.spec.name()).stream()
                .map(this::slot)
                .anyMatch(dependant -> dependant.isLive() && dependant.plan != Plan.NONE);
    }

    private void launch(Slot slot, Duration now) {
        slot.instance = instances.get();
        slot.pid = OptionalLong.empty();
        slot.pssBytes = OptionalLong.empty();
        slot.launched = now;
        slot.restarts += slot.startedBefore ? 1 : 0;
        slot.startedBefore = true;
        slot.enter(Phase.STARTING, Optional.of(now.plus(patience.startTimeout())));
        orders.add(new Order.Launch(slot.spec, slot.instance));
    }

    private String waitsFor(Slot slot) {
        return slot.spec.dependsOn().stream()
                .filter(name -> slot(name).phase != Phase.READY)
                .collect(Collectors.joining(", "));
    }

    private Slot slot(String role) {
        Slot slot = slots.get(role);
        if (slot == null) {
            throw new IllegalArgumentException("No such role: " + role);
        }
        return slot;
    }

    private void tell(Slot slot, boolean bad, String line) {
        orders.add(new Order.Tell(slot.spec.name(), bad, line));
    }

    /** The roles in the order of their start. */
    List<SupervisorProtocol.Role> roles() {
        return slots.values().stream().map(slot -> slot.view(waitsFor(slot))).toList();
    }

    /** The instances whose word counts: those of live processes, by role. */
    Map<String, String> instances() {
        return slots.values().stream()
                .filter(Slot::isLive)
                .collect(Collectors.toUnmodifiableMap(slot -> slot.spec.name(), slot -> slot.instance));
    }

    /** How the whole is: ready while every resident role is. */
    TreeState state() {
        return switch (course) {
            case BEFORE -> TreeState.STARTING;
            case RUNNING ->
                slots.values().stream().allMatch(slot -> slot.onDemand() || slot.phase == Phase.READY)
                        ? TreeState.READY
                        : TreeState.STARTING;
            case STOPPING, FINISHED -> failed ? TreeState.FAILED : TreeState.STOPPING;
        };
    }

    /** Why it stops; empty while it does not. */
    String reason() {
        return reason;
    }
}
