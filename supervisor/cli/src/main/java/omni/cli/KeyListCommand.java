package omni.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import omni.api.DaemonProtocol;
import picocli.CommandLine.Command;

/** {@code omni key list}: the keys by id and name; the keys themselves are known to nobody here. */
@Command(
        name = "list",
        description = {
            "Lists the keys by id, name and the time they were made, with what each may, when it was used last, and its tokens of today,"
                    + " which began at 00:00 UTC.",
            "While the vault is open it knows which keys there were when it was open last. One that is marked as made or"
                    + " changed while it was locked reaches nothing of what it keeps: omni key accept, where it is yours, or"
                    + " omni key revoke."
        },
        footer = {"", "Example: omni key list --json"})
final class KeyListCommand extends OmniCommand {
    KeyListCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        return list(this);
    }

    static ExitCode list(OmniCommand command) {
        var keys = command.world.with(
                "daemon", bus -> DaemonProtocol.Client.of(bus).listKeys(new DaemonProtocol.ListKeysParams()));
        command.answer(keys.toJson(), () -> {
            if (keys.keys().isEmpty()) {
                return "There is no key; make one with `omni key new NAME`.";
            }
            var text = new StringBuilder();
            for (var key : keys.keys()) {
                text.append(key.id()).append("  ").append(Text.pad(key.created(), 26));
                text.append(Text.printable(key.name()));
                text.append(priority(key)).append(mark(key)).append('\n');
                text.append("              ").append(use(key)).append('\n');
                rights(key.rights())
                        .forEach(line -> text.append("              ")
                                .append(Text.printable(line))
                                .append('\n'));
            }
            return text.toString().stripTrailing();
        });
        return ExitCode.OK;
    }

    private static String priority(DaemonProtocol.Key key) {
        return key.priority() == DaemonProtocol.Priority.NORMAL
                ? ""
                : "  (" + key.priority().wire() + ")";
    }

    private static String use(DaemonProtocol.Key key) {
        var used = key.lastUsed();
        return (used == null ? "never used" : "used " + used)
                + (key.tokensToday() == 0 ? "" : ", " + Text.count(key.tokensToday(), "token") + " today");
    }

    /** What it is bound to, a line each. */
    private static List<String> rights(DaemonProtocol.KeyRights rights) {
        var lines = new ArrayList<String>();
        Optional.ofNullable(rights.models()).ifPresent(names -> lines.add("models " + String.join(", ", names)));
        Optional.ofNullable(rights.routes())
                .ifPresent(groups -> lines.add("routes "
                        + groups.stream().map(DaemonProtocol.RouteGroup::wire).collect(Collectors.joining(", "))));
        Optional.ofNullable(rights.ratePerMinute())
                .ifPresent(rate -> lines.add(Text.count(rate, "request") + " per minute"));
        Optional.ofNullable(rights.tokensPerDay())
                .ifPresent(tokens -> lines.add(Text.count(tokens, "token") + " per day"));
        Optional.ofNullable(rights.expires()).ifPresent(time -> lines.add("expires " + time));
        return lines;
    }

    private static String mark(DaemonProtocol.Key key) {
        var expired = key.expired() ? "  (expired)" : "";
        return expired + standing(key);
    }

    private static String standing(DaemonProtocol.Key key) {
        return switch (key.standing()) {
            case UNCHECKED, KNOWN -> key.session() ? "  (until Omni stops)" : "";
            case MADE_WHILE_LOCKED -> "  (made while locked)";
            case CHANGED_WHILE_LOCKED -> "  (changed while locked)";
            case REVOKED -> "  (revoked, and refused)";
        };
    }
}
