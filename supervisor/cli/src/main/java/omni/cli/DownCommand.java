package omni.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import omni.bus.BusException;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.Role;
import omni.role.SupervisorProtocol.RoleState;
import omni.role.SupervisorProtocol.Tree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni down}: asks the supervisor to stop and waits until no process of the tree is left. */
@Command(
        name = "down",
        description = {"Stops Omni: every role in reverse order, then the supervisor. Waits until all are gone."},
        footer = {"", "Example: omni down --timeout 30s"})
final class DownCommand extends OmniCommand {
    private static final Duration POLL = Duration.ofMillis(50);

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            defaultValue = "60s",
            description = "How long to wait, such as 30s or 2m; by default ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ofSeconds(60);

    DownCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var before = status().orElseThrow(() -> new BusException.Unavailable("supervisor", null));
        world.with("supervisor", bus -> SupervisorProtocol.Client.of(bus).stop(new SupervisorProtocol.StopParams()));
        var deadline = Instant.now().plus(timeout);
        var told = "";
        while (true) {
            var now = status();
            var left = processes(before);
            if (now.isEmpty() && left.isEmpty()) {
                var gap = GapNotice.left(world);
                answer(
                        Json.object().put("stopped", true).put("gapClosed", gap.isPresent()),
                        () -> "Omni has stopped." + gap.map(line -> "\n" + line).orElse(""));
                return ExitCode.OK;
            }
            var line = now.map(DownCommand::progress).orElse(told);
            if (!line.equals(told) && !json()) {
                world.err().println(line);
            }
            told = line;
            if (Instant.now().isAfter(deadline)) {
                throw new CommandException(
                        ExitCode.ERROR,
                        "Omni has not stopped within " + Text.span(timeout) + "; "
                                + (left.isEmpty() ? "its supervisor is left" : "left are the processes " + list(left))
                                + ": see omni logs.");
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private Optional<Tree> status() {
        try {
            return Optional.of(world.with(
                    "supervisor",
                    bus -> SupervisorProtocol.Client.of(bus)
                            .status(new SupervisorProtocol.StatusParams())
                            .tree()));
        } catch (BusException.Unavailable | BusException.Disconnected e) {
            return Optional.empty();
        }
    }

    private static String progress(Tree tree) {
        var stopping = tree.roles().stream()
                .filter(role -> role.state() == RoleState.STOPPING)
                .map(Role::name)
                .collect(Collectors.joining(", "));
        return stopping.isEmpty() ? "Stopping…" : "Stopping " + stopping + "…";
    }

    /** Which of the roles' processes are still there. */
    private static List<Long> processes(Tree tree) {
        return tree.roles().stream()
                .map(Role::pid)
                .flatMap(pid -> pid == null ? Stream.<Long>of() : Stream.of(pid))
                .filter(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))
                .toList();
    }

    private static String list(List<Long> pids) {
        return pids.stream().map(Objects::toString).collect(Collectors.joining(", "));
    }
}
