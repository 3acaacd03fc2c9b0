package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel says of threads that are made urgent and patient. Needs the rights of root. */
class UrgencyBoxTest {
    private static final String ROUND_ROBIN = "policy 2, nice 0";
    /** What a virtual machine takes meanwhile for itself, and much less than it has mapped. */
    private static final long MORE_KIBIBYTES_MAX = 8192;

    /** A thread of this process. */
    private record Said(String name, String turn) {}

    @AfterEach
    void everybodyTakesTurnsAgain() throws KernelException {
        for (Path task : Processes.numbered(Path.of("/proc/self/task"))) {
            try {
                Libc.ordinary(Integer.parseInt(task.getFileName().toString()), 0);
            } catch (KernelException e) {
                if (Files.exists(task)) { // it has not ended meanwhile
                    throw e;
                }
            }
        }
    }

    @Test
    void theThreadsOfARequestAreRealTimeAndTheWatchIsNot() throws Exception {
        var end = new CountDownLatch(1);
        Thread watch = Thread.ofPlatform().daemon().name("gap-watch").start(() -> wait(end));
        Thread.ofVirtual().start(() -> {}).join(); // so that there is a carrier

        Urgency.arrange();

        List<Said> said = new ArrayList<>();
        for (Path task : Processes.numbered(Path.of("/proc/self/task"))) {
            said.add(new Said(Files.readString(task.resolve("comm")).strip(), turn(task)));
        }
        end.countDown();
        watch.join();
        assertEquals(List.of(ROUND_ROBIN), turns(said, "ForkJoinPool-"));
        assertEquals(List.of(ROUND_ROBIN), turns(said, "VM Thread"));
        assertEquals(List.of("policy 0, nice -20"), turns(said, "gap-watch"));
        assertEquals(List.of("policy 0, nice -20"), turns(said, "java"));
    }

    @Test
    void whatAnUrgentThreadStartsTakesItsPlace() throws Exception {
        var seen = new FutureTask<>(() -> {
            Libc.realTime(own());
            String started = inThread(UrgencyBoxTest::ownTurn);
            Urgency.hurry();
            String hurried = ownTurn();
            Urgency.giveWay();
            String patient = ownTurn();
            Urgency.takeTurns();
            return List.of(started, hurried, patient, inThread(UrgencyBoxTest::ownTurn));
        });
        Thread.ofPlatform().start(seen);

        assertEquals(List.of(ROUND_ROBIN, "policy 0, nice -20", "policy 0, nice 10", "policy 0, nice 0"), seen.get());
    }

    @Test
    void whoMayNotSaysSo() throws Exception {
        assertEquals(Optional.empty(), Urgency.limits());
        assertEquals("", Tools.run(java(List.of())));
        String said = Tools.run(java(List.of("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice")));
        assertTrue(said.startsWith("other programs may hold a gap up: "), said);
    }

    /** Locked is what has been used, and nothing is fetched for that. */
    @Test
    void itsMemoryIsLockedAndThatTakesNoMore() throws Exception {
        Locked locked = locked(List.of());
        assertEquals("", locked.said());
        assertTrue(locked.kibibytes() > 0, locked.toString());
        assertTrue(locked.more() < MORE_KIBIBYTES_MAX, locked.toString());
    }

    @Test
    void whoMayNotLockItSaysSoAndLocksNothing() throws Exception {
        for (String by :
                List.of("setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock", "unshare --user --map-root-user")) {
            List<String> refused = new ArrayList<>(List.of("prlimit", "--memlock=0:0"));
            refused.addAll(List.of(by.split(" ", -1)));
            Locked locked = locked(refused);
            assertTrue(locked.said().startsWith("where memory is short, a gap may wait for a disk: "), locked.said());
            assertEquals(0, locked.kibibytes(), by);
        }
    }

    /** Of a gap that was closed in another run of the machine, by a configuration that nobody can read any longer. */
    @Test
    void theForerunnerLocksItsMemoryOnceItHasClosed(@TempDir Path home) throws Exception {
        try (Street street = new Street(1)) {
            Path run = Files.createDirectory(home.resolve("run"));
            GapStore store = new GapStore(home.resolve("airgap"), run, street.file());
            store.arm();
            store.persist(new GapStore.Closing(Instant.EPOCH, "a test"));
            Files.writeString(home.resolve("omni.toml"), "[");
            Process early = new ProcessBuilder(java(List.of(), EarlyMain.class, home.toString(), run.toString()))
                    .redirectErrorStream(true)
                    .redirectOutput(home.resolve("log").toFile())
                    .start();
            try {
                Tools.await("memory that is locked", () -> lockedBy(early) > 0);
                assertFalse(street.inBox("ip", "link", "show", "eth0").contains(",UP"), "locked before it has closed");
            } finally {
                early.destroyForcibly().waitFor();
            }
        }
    }

    private static long lockedBy(Process process) {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmLck:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Locked(long kibibytes, long more, String said) {}

    private static Locked locked(List<String> by) {
        String[] words = Tools.run(java(by, "lock")).strip().split(" ", 3);
        return new Locked(Long.parseLong(words[0]), Long.parseLong(words[1]), words.length > 2 ? words[2] : "");
    }

    private static String[] java(List<String> by, String... arguments) {
        return java(by, UrgencyMain.class, arguments);
    }

    private static String[] java(List<String> by, Class<?> main, String... arguments) {
        List<String> line = new ArrayList<>(by);
        line.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Tools.classPath(),
                main.getName()));
        line.addAll(List.of(arguments));
        return line.toArray(String[]::new);
    }

    private static List<String> turns(List<Said> said, String name) {
        return said.stream()
                .filter(thread -> thread.name().startsWith(name))
                .map(Said::turn)
                .distinct()
                .toList();
    }

    private static int own() throws IOException {
        return Integer.parseInt(String.valueOf(
                Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName()));
    }

    private static String ownTurn() throws IOException {
        return turn(Path.of("/proc/thread-self"));
    }

    /** Of proc_pid_stat(5), fields 19 and 41. */
    private static String turn(Path task) throws IOException {
        String stat = Files.readString(task.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // the third is the first here
        return "policy " + fields[41 - 3] + ", nice " + fields[19 - 3];
    }

    private static String inThread(Callable<String> asked) throws Exception {
        var task = new FutureTask<>(asked);
        Thread.ofPlatform().start(task);
        return task.get();
    }

    private static void wait(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
