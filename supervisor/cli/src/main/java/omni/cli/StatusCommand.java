package omni.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import omni.api.DaemonProtocol;
import omni.bus.BusException;
import omni.engine.EngineProtocol;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.Role;
import omni.role.SupervisorProtocol.Tree;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ObjectNode;

/** {@code omni status}: the tree, what each role does, what computes, and what of the isolation is missing. */
@Command(
        name = "status",
        description = {
            "Shows what runs: the roles, their memory, the address, what computes, and which isolation this machine"
                    + " does not give.",
            "Ends with 0 when everything is ready, with 6 while it is not, and with 3 when Omni does not run."
        },
        footer = {"", "Example: omni status --json | jq -r .address.url"})
final class StatusCommand extends OmniCommand {
    StatusCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var tree = world.with(
                "supervisor",
                bus -> SupervisorProtocol.Client.of(bus)
                        .status(new SupervisorProtocol.StatusParams())
                        .tree());
        var stats = ask(() ->
                world.with("engine", bus -> EngineProtocol.Client.of(bus).stats(new EngineProtocol.StatsParams())));
        var address = ask(() ->
                world.with("daemon", bus -> DaemonProtocol.Client.of(bus).address(new DaemonProtocol.AddressParams())));
        answer(json(tree, stats, address), () -> text(tree, stats, address));
        return tree.state() == SupervisorProtocol.TreeState.READY ? ExitCode.OK : ExitCode.AWAY;
    }

    /** What a role says, or nothing while it is away: a status never fails for a part that is down. */
    private static <T> Optional<T> ask(Supplier<T> question) {
        try {
            return Optional.of(question.get());
        } catch (BusException e) {
            return Optional.empty();
        }
    }

    private static ObjectNode json(
            Tree tree, Optional<EngineProtocol.StatsReply> stats, Optional<DaemonProtocol.AddressReply> address) {
        var all = Json.object().put("state", tree.state().wire());
        all.put("launcher", tree.launcher().wire());
        all.put("reason", tree.reason());
        all.put("since", tree.since());
        address.ifPresent(a -> all.set("address", a.toJson()));
        var roles = all.putArray("roles");
        for (var role : tree.roles()) {
            var one = (ObjectNode) role.toJson();
            uptime(role).ifPresent(up -> one.put("uptimeSeconds", up.toSeconds()));
            roles.add(one);
        }
        all.put("pssBytes", pss(tree));
        stats.ifPresent(s -> all.set("engine", s.toJson()));
        var missing = all.putArray("notIsolated");
        tree.notIsolated().forEach(missing::add);
        return all;
    }

    private String text(
            Tree tree, Optional<EngineProtocol.StatsReply> stats, Optional<DaemonProtocol.AddressReply> address) {
        var style = world.style();
        var text = new StringBuilder(256);
        text.append("Omni is ").append(colour(style, tree.state().wire()));
        address.ifPresent(a -> text.append(" at ").append(a.url()));
        text.append(" (").append(tree.launcher().wire()).append(").\n");
        var reason = tree.reason();
        if (reason != null) {
            text.append(Text.printable(reason)).append('\n');
        }
        address.flatMap(a -> Optional.ofNullable(a.lan())).ifPresent(lan -> text.append(others(style, lan)));
        var roles = tree.roles();
        for (int i = 0; i < roles.size(); i++) {
            text.append(i < roles.size() - 1 ? "├─ " : "└─ ").append(line(style, roles.get(i)));
        }
        if (pss(tree) > 0) {
            text.append("   ").append(Text.bytes(pss(tree))).append(" of memory in all (PSS)\n");
        }
        stats.ifPresent(s -> text.append(computes(s)));
        if (!tree.notIsolated().isEmpty()) {
            text.append("Not isolated here:\n");
            tree.notIsolated()
                    .forEach(l -> text.append("   ").append(Text.printable(l)).append('\n'));
        }
        return text.toString().stripTrailing();
    }

    /** How other machines reach it. */
    private static String others(Style style, DaemonProtocol.Lan lan) {
        var text = new StringBuilder(256).append("Other machines reach it by TLS:\n");
        lan.urls().forEach(url -> line(text, url));
        for (var missing : lan.missing()) {
            line(
                    text,
                    style.yellow("not at " + missing
                            + ", which this machine does not have now: connect it, or mend listen in"
                            + " [daemon] of omni.toml"));
        }
        line(text, "public key " + lan.pin());
        line(text, "certificate until " + lan.expires() + ", renewed before; omni cert export has what clients trust");
        return text.toString();
    }

    private static String line(Style style, Role role) {
        var text = new StringBuilder(Text.pad(role.name(), 11));
        text.append(colour(style, role.state().wire()))
                .append(" ".repeat(Math.max(1, 10 - role.state().wire().length())));
        text.append(Text.pad(role.pid() == null ? "" : "pid " + role.pid(), 12));
        text.append(Text.pad(uptime(role).map(up -> "up " + Text.span(up)).orElse(""), 14));
        text.append(Text.pad(role.restarts() == 0 ? "" : Text.count(role.restarts(), "restart"), 12));
        text.append(Text.pad(bytes(role.pssBytes()), 9));
        text.append(role.note() == null ? "" : style.faint(Text.printable(role.note())));
        return text.toString().stripTrailing() + "\n";
    }

    private static String computes(EngineProtocol.StatsReply stats) {
        var library = stats.library();
        var text = new StringBuilder("Computes with ")
                .append(library.version())
                .append(", ")
                .append(library.backend())
                .append('\n');
        if (!library.natives().isEmpty()) {
            line(text, "natives " + library.natives() + ": " + library.why());
            library.passedOver().forEach(passed -> line(text, "not " + passed));
            line(
                    text,
                    library.vision()
                            ? "vision: these libraries have it"
                            : "no vision: these libraries are without it; inference-native/recipe/build makes some"
                                    + " that have it");
        }
        for (var model : stats.models()) {
            var name = model.model();
            line(
                    text,
                    "model " + name.substring(0, Math.min(12, name.length())) + ": " + model.sequences() + " of "
                            + model.sequencesMax() + " sequences busy, " + model.waiting() + " waiting");
            model.callers().forEach(caller -> line(text, caller(caller)));
        }
        return text.toString();
    }

    /** What one key has with a model, and for how long it has waited for more. */
    private static String caller(EngineProtocol.CallerStats caller) {
        var text = new StringBuilder("   ")
                .append(caller.key() == null ? "the owner" : "key " + caller.key())
                .append(", ")
                .append(caller.priority().wire())
                .append(": ")
                .append(caller.sequences())
                .append(" busy, ")
                .append(Math.max(0, caller.requests() - caller.sequences())) // two counts of two moments
                .append(" waiting");
        if (caller.waitMillisMax() > 0) {
            text.append(", the first for ").append(Text.span(Duration.ofMillis(caller.waitMillisMax())));
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String what) {
        text.append("   ").append(Text.printable(what)).append('\n');
    }

    private static String colour(Style style, String state) {
        return switch (state) {
            case "ready" -> style.green(state);
            case "failed" -> style.red(state);
            case "idle" -> state;
            default -> style.yellow(state);
        };
    }

    private static String bytes(@Nullable Long bytes) {
        return bytes == null ? "" : Text.bytes(bytes);
    }

    private static long pss(Tree tree) {
        long sum = 0;
        for (var role : tree.roles()) {
            var bytes = role.pssBytes();
            sum += bytes == null ? 0 : bytes;
        }
        return sum;
    }

    /** How long the role's process lives, where this machine tells. */
    private static Optional<Duration> uptime(Role role) {
        var pid = role.pid();
        return pid == null
                ? Optional.empty()
                : ProcessHandle.of(pid)
                        .flatMap(process -> process.info().startInstant())
                        .map(start -> Duration.between(start, Instant.now()))
                        .filter(up -> !up.isNegative());
    }
}
