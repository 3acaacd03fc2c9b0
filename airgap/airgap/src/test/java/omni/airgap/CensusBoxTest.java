package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The census finds every socket of a namespace, and knows when it has not. */
class CensusBoxTest {
    private static Census census(Street street) throws AirgapException {
        try (Namespace namespace = Namespace.open(street.file())) {
            return Census.take(List.of(namespace), TestParser.SHARED);
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

    private static final List<String> NAMED = List.of(
            "vsock", "xdp", "tcp", "tcp6", "udp", "mptcp", "raw", "raw6", "packet", "netlink", "outside", "waiting");

    static List<String> named() {
        return NAMED;
    }

    @ParameterizedTest
    @MethodSource("named")
    void aHiddenSocketIsNamedWithItsOwner(String kind) throws Exception {
        try (Street street = new Street(1)) {
            int before = census(street).namespaces().getFirst().used();
            Process process = hide(street, kind);
            Census census = census(street);
            assertNamed(census, kind, process);
            assertEquals(0, census.unexplained(), census.toString());
            assertTrue(census.namespaces().getFirst().used() > before);
        }
    }

    private static void assertNamed(Census census, String kind, Process process) throws Exception {
        String protocol = switch (kind) {
            case "outside" -> "udp";
            case "waiting" -> "tcp";
            default -> kind;
        };
        SocketEntry.Owner owner = census.sockets().stream()
                .filter(socket -> socket.protocol().equals(protocol))
                .flatMap(socket -> socket.owners().stream())
                .filter(each -> each.pid() == process.pid())
                .findFirst()
                .orElseThrow(() -> new AssertionError(kind + " is not found: " + census));
        assertTrue(owner.program().endsWith("/hide"), owner.toString());
        assertEquals("root", owner.user());
        assertEquals("", owner.role());
        assertEquals(group(process.pid()), owner.unit());
    }

    /** The last part of its control group, read by other means than the census does. */
    private static String group(long pid) {
        return Tools.run("sh", "-c", "sed -n 's,^0::.*/,,p' /proc/" + pid + "/cgroup")
                .strip();
    }

    /** A unit of systemd is a control group of that name. */
    @Test
    void anOwnersUnitIsItsControlGroup(@TempDir Path groups) throws Exception {
        String unit = "omni-census-" + ProcessHandle.current().pid() + ".service";
        try (Street street = new Street(0)) {
            Process process = street.startInBox(
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    "mount -t cgroup2 none \"$2\" && mkdir \"$2/$1\" && echo $$ > \"$2/$1/cgroup.procs\" && exec \"$0\" udp",
                    Tools.probe("hide").toString(),
                    unit,
                    groups.toString());
            assertEquals("ready", process.inputReader().readLine());
            assertEquals(unit, group(process.pid()));
            assertNamed(census(street), "udp", process);
            process.destroyForcibly().waitFor();
        } finally {
            Tools.run(
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    "mount -t cgroup2 none \"$1\" && rmdir \"$1/$0\"",
                    unit,
                    groups.toString());
        }
    }

    /** As ss(8) calls them. */
    @Test
    void whatASocketDoesIsTold() throws Exception {
        try (Street street = new Street(0)) {
            Process process = hide(street, "waiting");
            List<SocketEntry> sockets = census(street).sockets().stream()
                    .filter(socket -> socket.protocol().equals("tcp"))
                    .toList();
            SocketEntry listening = only(sockets, "LISTEN", process);
            SocketEntry connected = only(sockets, "ESTAB", process);
            assertTrue(listening.local().startsWith("127.0.0.1:"), listening.toString());
            assertEquals(listening.local(), connected.remote());
            assertFalse(connected.outward(), connected.toString());
            List<SocketEntry> unaccepted =
                    sockets.stream().filter(socket -> socket.owners().isEmpty()).toList();
            assertEquals(
                    List.of("ESTAB"),
                    unaccepted.stream().map(SocketEntry::state).toList());
            assertEquals(connected.local(), unaccepted.getFirst().remote());
        }
    }

    private static SocketEntry only(List<SocketEntry> sockets, String state, Process owner) {
        List<SocketEntry> found = sockets.stream()
                .filter(socket -> socket.state().equals(state))
                .filter(socket -> socket.owners().stream().anyMatch(each -> each.pid() == owner.pid()))
                .toList();
        assertEquals(1, found.size(), sockets.toString());
        return found.getFirst();
    }

    /** Twelve of twelve, and the two that nothing shows are the two that are missing. */
    @Test
    void allOfThemAtOnceAreFound() throws Exception {
        try (Street street = new Street(1)) {
            assertEquals(0, census(street).unexplained());
            Map<String, Process> hidden = new LinkedHashMap<>();
            for (String kind : NAMED) {
                hidden.put(kind, hide(street, kind));
            }
            Process ring = hide(street, "io_uring");
            Process parking = hide(street, "parked");
            Census census = census(street);
            assertEquals(12, hidden.size());
            for (Map.Entry<String, Process> each : hidden.entrySet()) {
                assertNamed(census, each.getKey(), each.getValue());
            }
            Census.Count count = census.namespaces().getFirst();
            assertEquals(2, count.unexplained(), count.toString());
            assertAlarm(census, 2, ring, "has a ring of io_uring");
            assertAlarm(census, 2, parking, "has a Unix socket with something in its buffer");
        }
    }

    @ParameterizedTest
    @CsvSource({"io_uring, has a ring of io_uring", "parked, has a Unix socket with something in its buffer"})
    void oneThatNothingShowsIsCountedAndItsHolderSuspected(String kind, String why) throws Exception {
        try (Street street = new Street(1)) {
            assertEquals(0, census(street).unexplained());
            Process process = hide(street, kind);
            Census census = census(street);
            assertEquals(1, census.namespaces().getFirst().unexplained(), census.toString());
            assertAlarm(census, 1, process, why);
            process.destroyForcibly().waitFor();
            assertEquals(List.of(), census(street).alarms());
        }
    }

    /** One line, which says how many, where, and who could hold them. */
    private static void assertAlarm(Census census, int unexplained, Process suspect, String why) {
        assertEquals(1, census.alarms().size(), census.alarms().toString());
        String alarm = census.alarms().getFirst();
        Census.Count count = census.namespaces().getFirst();
        assertTrue(
                alarm.startsWith(unexplained + " of " + count.used() + " sockets in " + count.name()
                        + (unexplained == 1 ? " is" : " are") + " held by nothing that can be seen: "),
                alarm);
        assertTrue(alarm.contains("pid " + suspect.pid() + " (" + Tools.probe("hide") + ") " + why), alarm);
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
        CensusBench.Soak soak = CensusBench.soak(java.time.Duration.ofSeconds(20), TestParser.SHARED);
        assertEquals(List.of(), soak.alarms());
        assertTrue(soak.looks() > 3 && soak.socketsMost() > 10, soak.toString());
    }

    private static int listed(Namespace namespace) throws AirgapException {
        try (CensusTalk talk = TestParser.SHARED.talk()) {
            var _ = namespace.inside(() -> {
                try (SocketDiag diag = new SocketDiag()) {
                    SocketLists.collect(diag, talk);
                }
                return true;
            });
            talk.listsEnd();
            return talk.listed(List.of(namespace.inode())).getFirst().sockets().size();
        }
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
                Census census = Census.take(List.of(namespace), TestParser.SHARED);
                assertTrue(census.sockets().stream()
                        .anyMatch(socket -> socket.protocol().equals("packet")));
                assertEquals(0, census.unexplained());
            }
        }
    }

    /** Of which no process is a member, and which no file names: a descriptor of somebody's keeps it, and a socket in it. */
    @Test
    void aNamespaceThatOnlyADescriptorKeepsIsFound() throws Exception {
        String name = "omni-kept-" + ProcessHandle.current().pid();
        Tools.run("ip", "netns", "add", name);
        Process keeper =
                new ProcessBuilder("sh", "-c", "exec 9< \"$0\"; echo ready; read line", "/run/netns/" + name).start();
        Process outside = new ProcessBuilder(
                        "nsenter",
                        "--net=/run/netns/" + name,
                        Tools.probe("hide").toString(),
                        "outside")
                .start();
        try {
            assertEquals("ready", keeper.inputReader().readLine());
            assertEquals("ready", outside.inputReader().readLine());
            long inode = Namespace.inode(Path.of("/run/netns", name));
            Tools.run("ip", "netns", "del", name);
            List<String> files = Processes.namespaces(Processes.all()).getOrDefault(inode, List.of());
            assertEquals("/proc/" + keeper.pid() + "/fd/9", files.getFirst());
            Census census = Audit.everywhere(TestParser.SHARED).census();
            assertTrue(census.namespaces().stream().anyMatch(count -> count.namespace() == inode), census.toString());
            SocketEntry socket = census.sockets().stream()
                    .filter(each -> each.namespace() == inode && each.protocol().equals("udp"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(outside.pid(), socket.owners().getFirst().pid());

        } finally {
            keeper.destroyForcibly();
            outside.destroyForcibly();
        }
    }

    /** Nobody is in there, and no file stands for it: its links still send what the socket is given. */
    @ParameterizedTest
    @ValueSource(strings = {"outside", "thread", "orphan"})
    void namespacesThatOnlyASocketKeepsAreLookedAtAndClosed(String kind) throws Exception {
        String name = "omni-socket-" + ProcessHandle.current().pid();
        Tools.run("ip", "netns", "add", name);
        Tools.run("ip", "-n", name, "link", "set", "lo", "up");
        Tools.run("ip", "-n", name, "link", "add", "sends", "type", "veth", "peer", "name", "hears");
        Tools.run("ip", "-n", name, "link", "set", "sends", "up");
        Process holder = new ProcessBuilder(
                        "nsenter",
                        "--net=/run/netns/" + name,
                        Tools.probe("hide").toString(),
                        kind)
                .start();
        try {
            assertEquals("ready", holder.inputReader().readLine());
            long inode = Namespace.inode(Path.of("/run/netns", name));
            Tools.run("ip", "netns", "del", name);
            Census census = Audit.everywhere(TestParser.SHARED).census();
            SocketEntry socket = census.sockets().stream()
                    .filter(each -> each.namespace() == inode && each.protocol().equals("udp"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(census));
            assertEquals(holder.pid(), socket.owners().getFirst().pid());

            var machine = new Scope(true, List.of());
            List<String> files = machine.find(Set.of(), new ArrayList<>()).getOrDefault(inode, List.of());
            var host = new LinuxHost(machine, Optional.empty(), CensusParser.NONE);
            try (NetworkStack stack = host.enter(inode, files.getFirst()).orElseThrow()) {
                Ward ward = (Ward) stack;
                assertTrue(isUp(ward, "sends"));
                ward.down();
                assertFalse(isUp(ward, "sends"));
            }

            holder.destroyForcibly().waitFor(); // the control: without the socket there is no such namespace
            assertFalse(Processes.namespaces(Processes.all()).containsKey(inode));
        } finally {
            holder.destroyForcibly();
        }
    }

    private static boolean isUp(Ward ward, String name) throws AirgapException {
        return ward.links().list().values().stream()
                .filter(link -> link.name().equals(name))
                .findFirst()
                .orElseThrow()
                .up();
    }
}
