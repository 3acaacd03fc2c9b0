package omni.init;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import omni.bus.Call;
import omni.role.Native;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.RoleState;
import omni.role.SupervisorProtocol.StatusReply;
import omni.role.SupervisorProtocol.TreeState;

/** omni.Supervisor as others see it: reports come in, status goes out, orders are passed to the tree. */
final class SupervisorService implements SupervisorProtocol.Handler {
    /** Changes that come closer together than this are told together. */
    private static final Duration STATUS_PAUSE = Duration.ofMillis(100);

    /** How long a caller's going may go unnoticed while nothing changes. */
    private static final Duration STATUS_LOOK = Duration.ofSeconds(5);

    private static final String SELF = "supervisor";

    private final Supervisor supervisor;
    private final Instant since = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    SupervisorService(Supervisor supervisor) {
        this.supervisor = supervisor;
    }

    @Override
    public void report(SupervisorProtocol.ReportParams in, Call<SupervisorProtocol.ReportReply> call) {
        String known = supervisor.snapshot().instances().getOrDefault(in.role(), "");
        if (!known.equals(in.instance())) {
            throw new SupervisorProtocol.NotThisTree(in.role());
        }
        String note = in.note() == null ? "" : in.note();
        Long pss = in.pssBytes();
        OptionalLong bytes = pss == null ? OptionalLong.empty() : OptionalLong.of(pss);
        supervisor.post(new Event.Reported(in.instance(), in.state(), note, bytes));
        call.reply(new SupervisorProtocol.ReportReply());
    }

    @Override
    public void status(SupervisorProtocol.StatusParams in, Call<StatusReply> call) {
        Snapshot shown = supervisor.snapshot();
        if (!call.wantsMore()) {
            call.reply(reply(shown));
            return;
        }
        try {
            while (!call.isCancelled() && !isOver(shown)) {
                call.next(reply(shown));
                Snapshot last = shown;
                supervisor.awaitChange(s -> call.isCancelled(), Optional.of(STATUS_PAUSE));
                do {
                    shown = supervisor.awaitChange(s -> s.version() != last.version(), Optional.of(STATUS_LOOK));
                } while (shown.version() == last.version() && !call.isCancelled() && !isOver(shown));
            }
            call.reply(reply(shown));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isOver(Snapshot snapshot) {
        return stops(snapshot) && snapshot.instances().isEmpty();
    }

    private StatusReply reply(Snapshot snapshot) {
        List<SupervisorProtocol.Role> roles = new ArrayList<>();
        OptionalLong pss = Native.pssBytes();
        roles.add(new SupervisorProtocol.Role(
                SELF,
                RoleState.READY,
                ProcessHandle.current().pid(),
                0,
                null,
                null,
                pss.isPresent() ? pss.getAsLong() : null));
        roles.addAll(snapshot.roles());
        return new StatusReply(new SupervisorProtocol.Tree(
                snapshot.state(),
                snapshot.reason().isEmpty() ? null : snapshot.reason(),
                since.toString(),
                roles,
                supervisor.launcher().kind(),
                supervisor.launcher().notIsolated()));
    }

    @Override
    public void start(SupervisorProtocol.StartParams in, Call<SupervisorProtocol.StartReply> call) {
        String role = known(in.role());
        try {
            Snapshot end;
            do { // again where it was ready and is at rest before anybody has looked
                supervisor.ask(new Event.Wanted(role));
                end = supervisor.awaitChange(s -> call.isCancelled() || isDecided(s, role), Optional.empty());
            } while (!call.isCancelled() && isAtRest(end, role));
            if (end.role(role).state() != RoleState.READY) {
                String note = end.role(role).note();
                throw new SupervisorProtocol.StartFailed(role, note == null ? "the tree stops" : note);
            }
            call.reply(new SupervisorProtocol.StartReply());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isAtRest(Snapshot snapshot, String role) {
        return snapshot.role(role).state() == RoleState.IDLE && !stops(snapshot);
    }

    private static boolean stops(Snapshot snapshot) {
        return snapshot.state() == TreeState.STOPPING || snapshot.state() == TreeState.FAILED;
    }

    private static boolean isDecided(Snapshot snapshot, String role) {
        return switch (snapshot.role(role).state()) {
            case READY, FAILED, IDLE -> true;
            case STARTING, STOPPING, BACKOFF -> stops(snapshot);
        };
    }

    @Override
    public void restart(SupervisorProtocol.RestartParams in, Call<SupervisorProtocol.RestartReply> call) {
        supervisor.ask(new Event.Restart(known(in.role())));
        call.reply(new SupervisorProtocol.RestartReply());
    }

    @Override
    public void stop(SupervisorProtocol.StopParams in, Call<SupervisorProtocol.StopReply> call) {
        call.reply(new SupervisorProtocol.StopReply());
        supervisor.stop("asked to stop over the bus");
    }

    private String known(String role) {
        List<String> names = supervisor.roster().names();
        if (!names.contains(role)) {
            throw new SupervisorProtocol.NoSuchRole(role, names);
        }
        return role;
    }
}
