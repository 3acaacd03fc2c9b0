package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The census finds every socket of a namespace, and knows when it has not. */
class CensusBoxTest {
    private static Census census(Street street) throws AirgapException {
        try (Namespace namespace = Namespace.open(street.file())) {
            return Census.take(List.of(namespace));
        }
    }

    private static Process hide(Street street, String kind) throws Exception {
        Process process = street.startInBox(Tools.probe("hide").toString(), kind);
        assertEquals("ready", process.inputReader().readLine());
        return process;
    }

    @Test
    void anIdleNamespaceIsExplained() throws Exception {
        try (Street street = new Street(1)) {
            assertEquals(0, census(street).unexplained());
            assertEquals(List.of(), census(street).alarms());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vsock", "xdp", "tcp", "tcp6", "udp", "mptcp", "raw", "raw6", "packet", "netlink", "outside", "waiting"
            })
    void aHiddenSocketIsNamedWithItsOwner(String kind) throws Exception {
        try (Street street = new Street(1)) {
            int before = census(street).namespaces().getFirst().used();
            Process process = hide(street, kind);
            Census census = census(street);
            String protocol = switch (kind) {
                case "outside" -> "udp";
                case "waiting" -> "tcp";
                default -> kind;
            };
            assertTrue(
                    census.sockets().stream()
                            .filter(socket -> socket.protocol().equals(protocol))
                            .anyMatch(socket -> socket.owners().stream()
                                    .anyMatch(owner -> owner.pid() == process.pid()
                                            && owner.program().endsWith("hide")
                                            && owner.user().equals("root"))),
                    census.toString());
            assertEquals(0, census.unexplained(), census.toString());
            assertTrue(census.namespaces().getFirst().used() > before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "parked"})
    void oneThatNothingShowsIsCountedAndItsHolderSuspected(String kind) throws Exception {
        try (Street street = new Street(1)) {
            assertEquals(0, census(street).unexplained());
            Process process = hide(street, kind);
            Census.Count count = census(street).namespaces().getFirst();
            assertEquals(1, count.unexplained(), count.toString());
            assertTrue(
                    count.suspects().stream().anyMatch(suspect -> suspect.startsWith("pid " + process.pid() + " ")),
                    count.toString());
            assertEquals(1, census(street).alarms().size());
        }
    }

    /** Names are bytes that a program chooses, line feeds and all: a list that is read by lines has lines of theirs. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\na b c d e f 0",
                "\\na b c d e f 99999999999999999999",
                "\\n0000: 00000002 00000000 00010000 0001 01 0"
            })
    void aNameThatLooksLikeALineHidesNothing(String name) throws Exception {
        try (Street street = new Street(1)) {
            hide(street, "parked");
            assertEquals(1, census(street).namespaces().getFirst().unexplained());
            Process named = street.startInBox(
                    "python3",
                    "-c",
                    "import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind('\\0' + sys.argv[1].replace('\\\\n', '\\n'));"
                            + " print('ready', flush=True); sys.stdin.read()",
                    name);
            assertEquals("ready", named.inputReader().readLine());
            Census census = census(street);
            assertEquals(1, census.namespaces().getFirst().unexplained(), census.toString());
            assertEquals(1, census.alarms().size());
        }
    }

    /** An end of a pair that is closed is counted by the kernel as long as the other is open; nothing hides there. */
    @Test
    void theClosedEndOfAPairIsExplained() throws Exception {
        try (Street street = new Street(1)) {
            Process pairs = street.startInBox(
                    "python3",
                    "-c",
                    "import socket, sys; kept = [socket.socketpair()[0] for _ in range(5)];"
                            + " l = socket.socket(socket.AF_UNIX); l.bind('\\0omni-pairs'); l.listen();"
                            + " c = socket.socket(socket.AF_UNIX); c.connect('\\0omni-pairs');"
                            + " print('ready', flush=True); sys.stdin.read()");
            assertEquals("ready", pairs.inputReader().readLine());
            Census census = census(street);
            assertEquals(0, census.unexplained(), census.toString());
            assertTrue(census.namespaces().getFirst().used() >= 12, census.toString());
        }
    }

    /** The control: what the kernel lists, which is what others look at, does not have them. */
    @ParameterizedTest
    @ValueSource(strings = {"vsock", "xdp", "tcp", "udp", "mptcp"})
    void theKernelsListsAloneMissThem(String kind) throws Exception {
        try (Street street = new Street(1);
                Namespace namespace = Namespace.open(street.file())) {
            int before = listed(namespace);
            hide(street, kind);
            assertEquals(before, listed(namespace));
        }
    }

    /** A sample of {@code census-bench}, which goes on for half an hour. */
    @Test
    void normalTrafficRaisesNoAlarm() throws Exception {
        CensusBench.Soak soak = CensusBench.soak(java.time.Duration.ofSeconds(20));
        assertEquals(List.of(), soak.alarms());
        assertTrue(soak.looks() > 3 && soak.socketsMost() > 10, soak.toString());
    }

    private static int listed(Namespace namespace) throws AirgapException {
        return namespace.inside(() -> {
            try (SocketDiag diag = new SocketDiag()) {
                return SocketLists.read(namespace.inode(), diag, diag.unix()).size();
            }
        });
    }

    @Test
    void aNamespaceBehindThisOneIsFoundThroughItsProcess() throws Exception {
        try (Street street = new Street(1)) {
            Process child =
                    street.startInBox("unshare", "--net", Tools.probe("hide").toString(), "packet");
            assertEquals("ready", child.inputReader().readLine());
            long inode = Processes.namespaceOf(Long.toString(child.pid())).orElseThrow();
            assertTrue(Processes.namespaces(Processes.all()).containsKey(inode));
            try (Namespace namespace = Namespace.open("/proc/" + child.pid() + "/ns/net")) {
                Census census = Census.take(List.of(namespace));
                assertTrue(census.sockets().stream()
                        .anyMatch(socket -> socket.protocol().equals("packet")));
                assertEquals(0, census.unexplained());
            }
        }
    }
}
