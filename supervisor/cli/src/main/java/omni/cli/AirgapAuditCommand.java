package omni.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.AuditParams;
import omni.airgap.AirgapProtocol.AuditReply;
import omni.airgap.AirgapProtocol.Owner;
import omni.airgap.AirgapProtocol.Socket;
import omni.airgap.AirgapProtocol.TalksParams;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code omni airgap audit}: every socket and whose it is, and the proof that none is missing. */
@Command(
        name = "audit",
        description = {
            "Lists who uses the network of this machine: every socket with its processes, and whether the kernel counts"
                    + " more than can be seen.",
            "Looks at all namespaces that the kill switch's process may enter. Ends with 0 when everything is explained and"
                    + " expected, else with 1, as where one of them is out of reach."
        },
        footer = {
            "",
            "Example: omni airgap audit",
            "Example: omni airgap audit --outward --follow",
            "Example: omni airgap audit --events 50 --follow"
        })
final class AirgapAuditCommand extends OmniCommand {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Set<String> OF_THE_MACHINE = Set.of("unix", "netlink");

    @Option(names = "--all", description = "Unix and netlink sockets, too, which never leave the machine.")
    private boolean all;

    @Option(names = "--outward", description = "Only those whose other side is not this machine.")
    private boolean outward;

    @Option(names = "--scope", description = "Only the namespaces that the kill switch cuts off.")
    private boolean scope;

    @Option(
            names = "--events",
            paramLabel = "COUNT",
            converter = EventsConverter.class,
            description =
                    "Instead: the last COUNT (1 to 1000) times that somebody began or ceased to talk to another"
                            + " machine, or an alarm did; the kill switch looks every 10 seconds. With --follow, also what comes.")
    private Optional<Integer> events = Optional.empty();

    @Option(
            names = "--follow",
            description = "Look again every second, until Ctrl-C; what is out of reach is said when that changes.")
    private boolean follow;

    private final Duration pause;
    /** What the round before could not look into. */
    private Set<String> unseen = Set.of();

    AirgapAuditCommand(World world) {
        this(world, PAUSE);
    }

    /** With another pause between two rounds. */
    AirgapAuditCommand(World world, Duration pause) {
        super(world);
        this.pause = pause;
    }

    /** All parts together. */
    private record Audit(List<Socket> sockets, AuditReply last) {}

    @Override
    ExitCode run() {
        if (events.isPresent() && (all || outward || scope)) {
            throw new CommandException(ExitCode.USAGE, "--events goes with --follow alone.");
        }
        if (events.isPresent()) {
            return events(events.get());
        }
        ExitCode exit = show();
        while (follow && !world.out().checkError()) {
            LockSupport.parkNanos(pause.toNanos());
            exit = show();
        }
        return exit;
    }

    private ExitCode events(int last) {
        return world.withPatience("airgap", bus -> {
            AirgapProtocol.Client client = AirgapProtocol.Client.of(bus);
            if (!follow) {
                client.talks(new TalksParams(last)).events().forEach(this::event);
                return ExitCode.OK;
            }
            try (var parts = client.talksMore(new TalksParams(last))) {
                while (!world.out().checkError()) {
                    parts.next().events().forEach(this::event);
                }
            }
            return ExitCode.OK;
        });
    }

    private void event(String line) {
        JsonNode event = JsonMapper.shared().readTree(line);
        answer(event, () -> eventText(event));
    }

    private String eventText(JsonNode event) {
        String begin = event.path("time").asString("").replaceFirst("\\.\\d+Z$", "Z") + "  " // to the second
                + Text.pad(event.path("event").asString(""), 8);
        if (event.has("events")) {
            return begin + event.path("events").asString("") + " events more";
        } else if (event.has("alarm")) {
            return world.style()
                    .red(begin + "ALARM: " + Text.printable(event.path("alarm").asString("")));
        }
        String role = event.path("role").asString("");
        String program = event.path("program").asString("");
        String port = event.path("localPort").asString("");
        String who = role.isEmpty() ? program.isEmpty() ? "no process" : program : "omni " + role;
        return begin
                + Text.pad(event.path("protocol").asString(""), 9)
                + Text.pad(
                        (port.isEmpty() ? "→ " : "port " + port + " ← ")
                                + event.path("remote").asString(""),
                        40)
                + ' '
                + Text.printable(who + " (" + event.path("user").asString("") + ")");
    }

    private ExitCode show() {
        Audit audit = ask();
        List<Socket> shown = audit.sockets().stream()
                .filter(socket -> all || !OF_THE_MACHINE.contains(socket.protocol()))
                .filter(socket -> !outward || socket.outward())
                .toList();
        answer(
                new AuditReply(
                                shown,
                                audit.last().censuses(),
                                audit.last().alarms(),
                                audit.last().outOfReach())
                        .toJson(),
                () -> text(shown, audit.last()));
        return audit.last().alarms().isEmpty() && audit.last().outOfReach().isEmpty() ? ExitCode.OK : ExitCode.ERROR;
    }

    private Audit ask() {
        return world.withPatience("airgap", bus -> {
            List<Socket> sockets = new ArrayList<>();
            try (var parts = AirgapProtocol.Client.of(bus).auditMore(new AuditParams(!scope))) {
                while (true) {
                    AuditReply part = parts.next();
                    sockets.addAll(part.sockets());
                    if (!parts.hasNext()) {
                        return new Audit(sockets, part);
                    }
                }
            }
        });
    }

    private String text(List<Socket> sockets, AuditReply last) {
        StringBuilder text = new StringBuilder(1024);
        for (Socket socket : sockets) {
            text.append(Text.pad(socket.protocol(), 9))
                    .append(Text.pad(socket.state(), 11))
                    .append(Text.pad(Text.printable(ends(socket)), 46))
                    .append(' ')
                    .append(Text.printable(holders(socket.owners())))
                    .append('\n');
        }
        for (var census : last.censuses()) {
            text.append(Text.printable(census.name()))
                    .append(": ")
                    .append(Text.count(census.used(), "socket"))
                    .append(", ")
                    .append(census.unexplained() == 0 ? "all explained" : census.unexplained() + " unexplained")
                    .append('\n');
        }
        outOfReach(text, last.outOfReach());
        last.alarms()
                .forEach(alarm -> text.append(world.style().red("ALARM: " + Text.printable(alarm)))
                        .append('\n'));
        return text.toString().stripTrailing();
    }

    /** Whoever follows reads each name once, for as long as it stays out of reach, and how many there are when that changes. */
    private void outOfReach(StringBuilder text, List<String> names) {
        Set<String> now = new LinkedHashSet<>(names);
        now.stream()
                .filter(name -> !unseen.contains(name))
                .forEach(name -> text.append("out of reach: ")
                        .append(Text.printable(name))
                        .append('\n'));
        if (!now.equals(unseen)) {
            text.append(
                            now.isEmpty()
                                    ? "Nothing is out of reach any more."
                                    : world.style()
                                            .red("Not everything is explained: " + Text.count(now.size(), "namespace")
                                                    + " out of reach."))
                    .append('\n');
        }
        unseen = now;
    }

    private static String ends(Socket socket) {
        return socket.local() + (socket.remote().isEmpty() ? "" : " → " + socket.remote());
    }

    private static String holders(List<Owner> owners) {
        if (owners.isEmpty()) {
            return "no process";
        }
        List<String> names = new ArrayList<>();
        for (Owner owner : owners) {
            String program = owner.program().substring(owner.program().lastIndexOf('/') + 1);
            String name = owner.role().isEmpty() ? program : "omni " + owner.role();
            names.add(name + " (pid " + owner.pid() + ", " + owner.user()
                    + (owner.unit().isEmpty() ? "" : ", " + owner.unit())
                    + (Boolean.FALSE.equals(owner.expected()) ? ", not expected)" : ")"));
        }
        return String.join(", ", names);
    }
}
