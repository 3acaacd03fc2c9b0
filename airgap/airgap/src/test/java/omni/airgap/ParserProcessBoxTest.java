package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import omni.role.JavaChild;
import omni.role.Native;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the process that reads lists has of its parent's rights: none. Needs root, which has them. */
class ParserProcessBoxTest {
    private static final String ROLE = "47112";
    private static final String RIGHTS = "+net_admin,+sys_admin,+sys_ptrace,+dac_read_search";
    /** CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH. */
    private static final String FOUR = "0000000000281004";

    private static final String NONE = "0000000000000000";
    private static final String ALWAYS = "/proc/self/status";

    private static String said(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " of " + status));
    }

    private static String status(long pid) {
        return read(Path.of("/proc", Long.toString(pid), "status"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long pid(ResidentParser parser) throws AirgapException {
        try (CensusTalk talk = parser.talk()) {
            talk.process(new byte[0], new byte[0]);
            assertEquals(1, talk.said().size());
        }
        return parser.pid().orElseThrow();
    }

    private static void assertNone(String status) {
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapAmb")) {
            assertEquals(NONE, said(status, set), set);
        }
        assertEquals("1", said(status, "NoNewPrivs"));
        assertTrue(Capabilities.none(status));
    }

    /** Root's own, too, which every program of root's has. */
    @Test
    void whatReadsListsHasNoCapabilityAndItsParentKeepsItsOwn() throws Exception {
        String before = read(Path.of("/proc/thread-self/status"));
        try (var parser = new ResidentParser()) {
            String child = status(pid(parser));
            assertNone(child);
            assertEquals(NONE, said(child, "CapBnd"), "root may empty it");
            assertTrue(said(child, "Uid").startsWith("0\t"), child);
        }
        String after = read(Path.of("/proc/thread-self/status"));
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd", "NoNewPrivs")) {
            assertEquals(said(before, set), said(after, set), set);
        }
        assertFalse(Capabilities.none(before), "this process has some");
    }

    /** The control: what is started in any other way has root's, and the child, so started, ends at once. */
    @Test
    void startedInAnyOtherWayItHasThemAndEnds() throws Exception {
        assertFalse(Capabilities.none(Tools.run("cat", ALWAYS)));
        List<String> line = JavaChild.line(
                CensusMain.class,
                List.of(),
                Long.toString(ProcessHandle.current().pid()));
        Process child = new ProcessBuilder(line).start();
        child.getOutputStream().close();
        assertEquals(CensusMain.EXIT_CAPABLE, child.waitFor());
        assertEquals(-1, child.getInputStream().read(), "it says nothing");
    }

    /** Each step by itself is not enough; a program that is started afterwards says so. */
    @Test
    void allThatIsGivenUpIsNeeded() throws Exception {
        String without = apart(() -> {
            Libc.Rights.noCapabilities();
            return Tools.run("cat", ALWAYS);
        });
        assertFalse(said(without, "CapEff").equals(NONE), "root gets them back with the next program");
        String dropped = apart(() -> {
            Capabilities.drop();
            return Tools.run("cat", ALWAYS);
        });
        assertNone(dropped);
    }

    private static <T> T apart(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().start(task);
        return task.get();
    }

    /** As systemd starts the role: a user's, with four ambient capabilities. The census is whole, and ends with the role. */
    @Test
    void asAUserWithAmbientCapabilitiesItHasNone(@TempDir Path folder) throws Exception {
        try (Street street = new Street(1)) {
            Process holder = street.startInBox(Tools.probe("hide").toString(), "packet");
            assertEquals("ready", holder.inputReader().readLine());
            Process role = new ProcessBuilder(
                            "setpriv",
                            "--reuid=" + ROLE,
                            "--regid=" + ROLE,
                            "--clear-groups",
                            "--bounding-set=-all," + RIGHTS,
                            "--inh-caps=-all," + RIGHTS,
                            "--ambient-caps=-all," + RIGHTS,
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            readable(folder),
                            CensusRoleMain.class.getName(),
                            street.file())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                String[] words = String.valueOf(role.inputReader().readLine()).split(" ", -1);
                long child = Long.parseLong(words[0]);
                assertTrue(Integer.parseInt(words[1]) > 0, "no socket");
                assertEquals("0", words[2], "unexplained");
                assertNone(status(child));
                assertEquals(FOUR, said(status(child), "CapBnd"), "to empty that one takes CAP_SETPCAP");
                assertTrue(said(status(child), "Uid").startsWith(ROLE), status(child));
                assertEquals(FOUR, said(status(role.pid()), "CapEff"));
                Tools.run("kill", "-STOP", Long.toString(child)); // so that it cannot see that by itself
                role.destroyForcibly().waitFor();
                Tools.await(
                        "it ends with its parent", () -> ProcessHandle.of(child).isEmpty());
            } finally {
                role.destroyForcibly();
            }
        }
    }

    /** The classes, copied to where anybody may read them: a checkout may be root's alone. */
    private static String readable(Path folder) throws URISyntaxException {
        List<String> copies = new ArrayList<>();
        List<Path> all = List.of(
                Tools.MODULE.resolve("target/classes"),
                Tools.MODULE.resolve("target/test-classes"),
                Path.of(Native.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI()));
        for (Path each : all) {
            String copy = folder.resolve(Integer.toString(copies.size())) + (Files.isDirectory(each) ? "" : ".jar");
            Tools.run("cp", "-rL", each.toString(), copy);
            copies.add(copy);
        }
        Tools.run("chmod", "-R", "a+rX", folder.toString());
        return String.join(":", copies);
    }

    /** A look may be taken by a thread that goes before all others; what reads for it does not. */
    @Test
    void itTakesTurnsWithOthersAndLocksNoMemory() throws Exception {
        apart(() -> {
            Libc.realTime(Integer.parseInt(String.valueOf(
                    Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName())));
            try (var parser = new ResidentParser()) {
                Path child = Path.of("/proc", Long.toString(pid(parser)));
                for (Path task : Processes.numbered(child.resolve("task"))) {
                    String stat = read(task.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // from the third on
                    assertEquals("0 0", fields[41 - 3] + " " + fields[19 - 3], "policy and nice value of " + stat);
                }
                assertEquals("0 kB", said(read(child.resolve("status")), "VmLck"));
                String limits = read(child.resolve("limits"));
                for (String limit : List.of("Max realtime priority", "Max nice priority", "Max locked memory")) {
                    assertTrue(limits.matches("(?s).*" + limit + " +0 +0 .*"), limits);
                }
            }
            return true;
        });
    }

    /** Two pipes, nothing, and what a virtual machine opens for itself: no socket, and no namespace. */
    @Test
    void itHasNoDescriptorOfItsParents() throws Exception {
        try (Namespace namespace = Namespace.fresh();
                SocketDiag diag = namespace.inside(SocketDiag::new);
                var parser = new ResidentParser()) {
            List<String> own = descriptors(ProcessHandle.current().pid());
            assertTrue(own.stream().anyMatch(target -> target.startsWith("socket:")), own.toString());
            assertTrue(
                    own.stream().anyMatch(target -> target.contains("net:[") || target.startsWith("/proc/")),
                    own.toString());
            List<String> child = descriptors(pid(parser));
            assertTrue(child.get(0).startsWith("pipe:"), child.toString());
            assertTrue(child.get(1).startsWith("pipe:"), child.toString());
            assertEquals("/dev/null", child.get(2));
            for (String other : child.subList(3, child.size())) {
                assertTrue(other.matches("/.*(/lib/modules|\\.jar|/classes\\.jsa|/target/.*)"), child.toString());
            }
            assertTrue(namespace.inside(SocketLists::used) > 0);
            assertTrue(diag.list(Libc.AF_INET, InetSocket.TCP).isEmpty());
        }
    }

    /** In the order of their numbers. */
    private static List<String> descriptors(long pid) {
        return Processes.numbered(Path.of("/proc", Long.toString(pid), "fd")).stream()
                .sorted(Comparator.comparingInt(
                        path -> Integer.parseInt(path.getFileName().toString())))
                .flatMap(path -> Processes.target(path).stream())
                .toList();
    }
}
