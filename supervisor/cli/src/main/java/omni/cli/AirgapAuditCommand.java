package omni.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.AuditParams;
import omni.airgap.AirgapProtocol.AuditReply;
import omni.airgap.AirgapProtocol.Owner;
import omni.airgap.AirgapProtocol.Socket;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni airgap audit}: every socket and whose it is, and the proof that none is missing. */
@Command(
        name = "audit",
        description = {
            "Lists who uses the network of this machine: every socket with its processes, and whether the kernel counts"
                    + " more than can be seen.",
            "Looks at all namespaces that the kill switch's process may enter. Ends with 0 when everything is explained and"
                    + " expected, else with 1."
        },
        footer = {"", "Example: omni airgap audit", "Example: omni airgap audit --outward --follow"})
final class AirgapAuditCommand extends OmniCommand {
    private static final long PAUSE_NANOS = 1_000_000_000;
    private static final Set<String> OF_THE_MACHINE = Set.of("unix", "netlink");

    @Option(names = "--all", description = "Unix and netlink sockets, too, which never leave the machine.")
    private boolean all;

    @Option(names = "--outward", description = "Only those whose other side is not this machine.")
    private boolean outward;

    @Option(names = "--scope", description = "Only the namespaces that the kill switch cuts off.")
    private boolean scope;

    @Option(names = "--follow", description = "Look again every second, until Ctrl-C.")
    private boolean follow;

    AirgapAuditCommand(World world) {
        super(world);
    }

    /** All parts together. */
    private record Audit(List<Socket> sockets, AuditReply last) {}

    @Override
    ExitCode run() {
        ExitCode exit = show();
        while (follow && !world.out().checkError()) {
            LockSupport.parkNanos(PAUSE_NANOS);
            exit = show();
        }
        return exit;
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
        return audit.last().alarms().isEmpty() ? ExitCode.OK : ExitCode.ERROR;
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
                    .append(Text.pad(ends(socket), 46))
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
        last.outOfReach()
                .forEach(name -> text.append("out of reach: ")
                        .append(Text.printable(name))
                        .append('\n'));
        last.alarms()
                .forEach(alarm -> text.append(world.style().red("ALARM: " + Text.printable(alarm)))
                        .append('\n'));
        return text.toString().stripTrailing();
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
                    + (owner.unit().isEmpty() ? ")" : ", " + owner.unit() + ")"));
        }
        return String.join(", ", names);
    }
}
