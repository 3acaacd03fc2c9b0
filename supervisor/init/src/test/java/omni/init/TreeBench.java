package omni.init;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;
import omni.role.SupervisorConfig;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.ReportParamsState;

/** A tree on the bench: the test is its clock and its processes, and reads its orders as words. */
final class TreeBench {
    static final SupervisorConfig PATIENCE = new SupervisorConfig(
            12,
            Duration.ofMinutes(1),
            Duration.ofMillis(250),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5));

    final Tree tree;
    private final Map<String, String> roleOf = new HashMap<>();
    private final Map<String, String> instanceOf = new HashMap<>();
    private final List<String> orders = new ArrayList<>();
    private Duration now = Duration.ZERO;
    private int names;

    TreeBench(RoleSpec... specs) {
        tree = new Tree(Roster.of(List.of(specs)), PATIENCE, () -> "instance-" + ++names);
    }

    /** Starts everything, and forgets the orders. */
    TreeBench up() {
        handle(new Event.Begin());
        for (boolean more = true; more; ) {
            List<String> starting = tree.roles().stream()
                    .filter(role -> role.state() == SupervisorProtocol.RoleState.STARTING
                            && tree.instances().containsKey(role.name()))
                    .map(SupervisorProtocol.Role::name)
                    .toList();
            starting.forEach(this::ready);
            more = !starting.isEmpty();
        }
        taken();
        return this;
    }

    void handle(Event event) {
        for (Order order : tree.handle(event, now)) {
            switch (order) {
                case Order.Launch launch -> {
                    roleOf.put(launch.instance(), launch.role().name());
                    instanceOf.put(launch.role().name(), launch.instance());
                    orders.add("launch " + launch.role().name());
                }
                case Order.Terminate terminate -> orders.add("terminate " + roleOf.get(terminate.instance()));
                case Order.Kill kill -> orders.add("kill " + roleOf.get(kill.instance()));
                case Order.Finish finish ->
                    orders.add("finish " + (finish.outcome().failed() ? "failed " : "")
                            + finish.outcome().reason());
                case Order.Tell tell -> Objects.requireNonNull(tell.line());
            }
        }
    }

    /** The orders since the last look. */
    List<String> taken() {
        List<String> taken = List.copyOf(orders);
        orders.clear();
        return taken;
    }

    void pass(Duration time) {
        now = now.plus(time);
        handle(new Event.Tick());
    }

    void ready(String role) {
        report(instance(role), ReportParamsState.READY);
    }

    void heartbeat(String role) {
        ready(role);
    }

    void heartbeats() {
        Stream.of("airgap", "vault", "engine", "daemon").forEach(this::heartbeat);
    }

    void report(String instance, ReportParamsState state) {
        handle(new Event.Reported(instance, state, "", OptionalLong.empty()));
    }

    void exits(String role, int code) {
        handle(new Event.Exited(instance(role), new Launcher.Exit(code, "")));
    }

    String instance(String role) {
        return Objects.requireNonNull(instanceOf.get(role), role);
    }

    SupervisorProtocol.Role role(String name) {
        return tree.roles().stream()
                .filter(role -> role.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
