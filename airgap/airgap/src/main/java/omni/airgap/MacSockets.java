package omni.airgap;

import java.util.ArrayList;
import java.util.List;

/**
 * Sockets of the internet families on a Mac, by lsof(8): what it has in its output for other programs (-F), a field a line,
 * each with its letter first.
 *
 * <p>This is what lsof finds among the descriptors of processes. macOS tells no number of all sockets to hold against it,
 * so that no socket can be proven to be missing, or not.
 */
final class MacSockets {
    private static final String[] ARGUMENTS = {"-n", "-P", "-w", "+c", "0", "-i", "-F", "pcuLftPnT"};
    private static final int OBSTACLES_MAX = 20;

    private final List<SocketEntry> sockets = new ArrayList<>();
    private int pid;
    private String program = "";
    private String user = "";
    private int uid = -1;
    private String family = "";
    private String protocol = "";
    private String name = "";
    private String state = "";

    private MacSockets() {}

    /** All there are. Never empty on a Mac that works: so that an empty answer is a failure. */
    static List<SocketEntry> list(Programs programs) throws AirgapException {
        // Status 1 also where something on the way could not be looked at.
        Programs.Answer answer = programs.run(Program.LSOF, List.of(ARGUMENTS), "");
        MacSockets reader = new MacSockets();
        for (String line : answer.lines()) {
            reader.field(line.charAt(0), line.substring(1));
        }
        reader.end();
        if (reader.sockets.isEmpty() || answer.exit() > 1) {
            throw new AirgapException(Program.LSOF.path() + " sees no sockets: "
                    + Programs.shown(answer.complaint() + " " + answer.output()));
        }
        return List.copyOf(reader.sockets);
    }

    /** What stands in the way of a lift: connections in which bytes may wait that were written in the gap. */
    static List<String> obstacles(Programs programs) throws AirgapException {
        return list(programs).stream()
                .filter(SocketEntry::outward)
                .map(socket -> "a socket of " + socket.protocol() + " to " + socket.remote() + " is held by pid "
                        + socket.owners().getFirst().pid() + " ("
                        + socket.owners().getFirst().program() + ")")
                .limit(OBSTACLES_MAX)
                .toList();
    }

    private void field(char letter, String value) throws AirgapException {
        switch (letter) {
            case 'p' -> {
                end();
                pid = number(value);
                program = "";
                user = "";
                uid = -1;
            }
            case 'c' -> program = Programs.shown(value);
            case 'u' -> uid = number(value);
            case 'L' -> user = Programs.shown(value);
            case 'f' -> end();
            case 't' -> family = value;
            case 'P' -> protocol = Programs.shown(value);
            case 'n' -> name = Programs.shown(value);
            case 'T' -> state = value.startsWith("ST=") ? value.substring(3) : state;
            default ->
                throw new AirgapException(
                        Program.LSOF.path() + " says what is no field: " + Programs.shown(letter + value));
        }
    }

    private static int number(String value) throws AirgapException {
        if (!value.matches("[0-9]{1,9}")) {
            throw new AirgapException(Program.LSOF.path() + " says what is no number: " + Programs.shown(value));
        }
        return Integer.parseInt(value);
    }

    /** The descriptor that was read is complete. */
    private void end() throws AirgapException {
        if (!protocol.isEmpty()) {
            if (pid == 0 || name.isEmpty()) {
                throw new AirgapException(Program.LSOF.path() + " names a socket without its process or address.");
            }
            String[] sides = name.split("->", 2);
            String remote = sides.length == 2 ? sides[1] : "";
            sockets.add(new SocketEntry(
                    0,
                    0,
                    protocol.toLowerCase(java.util.Locale.ROOT) + (family.equals("IPv6") ? "6" : ""),
                    state,
                    sides[0],
                    remote,
                    outward(remote, state),
                    0,
                    uid,
                    List.of(new SocketEntry.Owner(pid, program, user, "", ""))));
        }
        family = "";
        protocol = "";
        name = "";
        state = "";
    }

    private static boolean outward(String remote, String state) {
        boolean over = state.equals("TIME_WAIT") || state.equals("CLOSED");
        return !over && !remote.isEmpty() && !loopback(remote);
    }

    /** As lsof writes it, with its port; a link-local address of lo0 has its number in it, which is 1. */
    private static boolean loopback(String address) {
        return address.startsWith("127.")
                || address.startsWith("[::1]:")
                || address.startsWith("[::ffff:127.")
                || address.startsWith("[fe80:1::1]:")
                || address.startsWith("[fe80::1%lo0]:");
    }
}
