package omni.cli;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import omni.bus.Call;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.*;
import org.jspecify.annotations.Nullable;

/** A supervisor that starts nothing: it tells of a tree that the test describes. */
class FakeSupervisor implements SupervisorProtocol.Handler {
    volatile Tree tree = new Tree(
            TreeState.READY,
            null,
            "2026-11-21T04:00:00Z",
            List.of(
                    role("supervisor", RoleState.READY, ProcessHandle.current().pid(), 0, null),
                    role("engine", RoleState.READY, ProcessHandle.current().pid(), 2, "1 model"),
                    role("forge", RoleState.IDLE, null, 0, null)),
            TreeLauncher.PROCESS,
            List.of("the engine could use the network"));
    final CountDownLatch stopped = new CountDownLatch(1);

    static Role role(String name, RoleState state, @Nullable Long pid, long restarts, @Nullable String note) {
        return new Role(name, state, pid, restarts, 300L, note, pid == null ? null : 50_000_000L);
    }

    @Override
    public void report(ReportParams in, Call<ReportReply> call) {
        call.reply(new ReportReply());
    }

    @Override
    public void status(StatusParams in, Call<StatusReply> call) {
        call.reply(new StatusReply(tree));
    }

    @Override
    public void start(StartParams in, Call<StartReply> call) {
        call.reply(new StartReply());
    }

    @Override
    public void restart(RestartParams in, Call<RestartReply> call) {
        call.reply(new RestartReply());
    }

    @Override
    public void stop(StopParams in, Call<StopReply> call) {
        call.reply(new StopReply());
        stopped.countDown();
    }
}
