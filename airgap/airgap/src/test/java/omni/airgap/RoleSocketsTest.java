package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which sockets Omni's own processes may have. */
class RoleSocketsTest {
    private static final SocketEntry SERVED = socket("daemon", "tcp", "LISTEN", "*:11434", "");

    private static SocketEntry.Owner owner(String role) {
        return new SocketEntry.Owner(7, "/usr/bin/java", "omni", "omni-" + role + ".service", role);
    }

    private static SocketEntry socket(String role, String protocol, String state, String local, String remote) {
        return new SocketEntry(1, 2, protocol, state, local, remote, !remote.isEmpty(), 0, 0, List.of(owner(role)));
    }

    private static List<String> alarms(SocketEntry... sockets) {
        return new RoleSockets(List.of(sockets)).alarms(List.of(sockets));
    }

    @ParameterizedTest
    @CsvSource({
        "engine, tcp, ESTAB, 10.0.0.5:40000, 192.0.2.1:443",
        "engine, tcp, LISTEN, *:8080, ''",
        "engine, udp, UNCONN, *:5353, ''",
        "engine, packet, '', '', ''",
        "engine, raw, '', '', ''",
        "engine, xdp, '', '', ''",
        "engine, vsock, '', '', ''",
        "vault, tcp6, SYN-SENT, [fd77::1]:40000, [fd77::2]:443",
        "airgap, udp6, UNCONN, *:5353, ''",
        "fetch, packet, '', '', ''",
        "daemon, tcp, ESTAB, 10.0.0.5:40000, 192.0.2.1:443",
        "daemon, udp, UNCONN, *:11434, ''",
        "supervisor, tcp, ESTAB, 10.0.0.5:40000, 192.0.2.1:443",
    })
    void whatARoleMustNotHaveIsAnAlarm(String role, String protocol, String state, String local, String remote) {
        List<String> alarms = alarms(SERVED, socket(role, protocol, state, local, remote));
        assertEquals(1, alarms.size(), alarms.toString());
        assertTrue(alarms.getFirst().startsWith("role " + role + " (pid 7) "), alarms.toString());
        assertTrue(alarms.getFirst().contains(remote.isEmpty() ? protocol : remote), alarms.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "engine, unix, '', @x, ''",
        "airgap, netlink, '', '', ''",
        "engine, tcp6, UNCONN, '', ''",
        "fetch, tcp, ESTAB, 10.0.0.5:40000, 192.0.2.1:443",
        "fetch, udp, UNCONN, *:40001, ''",
        "daemon, tcp, ESTAB, 192.168.1.5:11434, 192.168.1.9:50000",
        "daemon, tcp6, CLOSE-WAIT, [fd77::1]:11434, [fd77::9]:50000",
        "supervisor, tcp, LISTEN, *:11434, ''",
        "'', packet, '', '', ''",
        "'', tcp, ESTAB, 10.0.0.5:40000, 192.0.2.1:443",
    })
    void whatItMayHaveIsNone(String role, String protocol, String state, String local, String remote) {
        assertEquals(List.of(), alarms(SERVED, socket(role, protocol, state, local, remote)));
    }

    @Test
    void theCopyOfAnothersSocketIsNotTheAirgapsOwn() {
        var looked = new SocketEntry(1, 2, "packet", "", "", "", false, 0, 0, List.of(owner(""), owner("airgap")));
        assertEquals(List.of(), alarms(looked));
        assertEquals(1, alarms(socket("airgap", "packet", "", "", "")).size());
    }
}
