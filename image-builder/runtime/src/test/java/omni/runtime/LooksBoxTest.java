package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who else would look into a box whose vault is open: the tools of the JDK, other users, and whoever finds what a crash leaves. Each
 * finds what it looks for in a process without the protection, as the control. Takes root.
 */
class LooksBoxTest {
    private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");
    private static final String HELD = "held by a process that lets everybody look";
    private static final Needles HELD_TEXT = Needles.of(HELD);

    private final Instant since = Instant.now().minusSeconds(2);

    @TempDir
    Path folder;

    /** A heap dump, a thread dump: refused, and what the process says of it has nothing in it; so is another user who wants its memory. */
    @Test
    void noToolOfTheJdkAndNoOtherUserGetsAnything() throws Exception {
        try (var box = opened(new Product());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> tools = new ArrayList<>();
            for (long pid : box.processes()) {
                tools.add(() -> refused(tool(pid, "jcmd", "GC.heap_dump", dump(pid, "jcmd"))));
                tools.add(() -> refused(tool(pid, "jmap", "-dump:file=" + dump(pid, "jmap"))));
                tools.add(() -> refused(tool(pid, "jstack")));
            }
            assertTrue(tools.size() >= 12, "supervisor, engine, vault and daemon at least");
            var said = new StringBuilder();
            for (var tool : threads.invokeAll(tools)) {
                said.append(tool.get());
            }
            assertEquals(Map.of(), box.needles.in(said.toString()));
            assertEquals(List.of(), list(folder));
            box.isInNoFile();
            anotherUserReadsNoMemory(box);
        }
        var holder = holder();
        try {
            tool(holder.pid(), "jcmd", "GC.heap_dump", dump(holder.pid(), "jcmd"))
                    .start()
                    .waitFor();
            assertNotEquals(Map.of(), HELD_TEXT.in(Path.of(dump(holder.pid(), "jcmd"))));
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    private String dump(long pid, String by) {
        return folder.resolve(pid + "-" + by + ".hprof").toString();
    }

    private static ProcessBuilder tool(long pid, String name, String... rest) {
        boolean optionsFirst = name.equals("jmap");
        List<String> line =
                new ArrayList<>(List.of(JDK.resolve(name).toString(), "-J-Dsun.tools.attach.attachTimeout=2000"));
        if (optionsFirst) {
            line.addAll(List.of(rest));
        }
        line.add(Long.toString(pid));
        if (!optionsFirst) {
            line.addAll(List.of(rest));
        }
        return new ProcessBuilder(line).redirectErrorStream(true);
    }

    private static String refused(ProcessBuilder command) throws IOException, InterruptedException {
        Process process = command.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertNotEquals(0, process.waitFor(), () -> command.command() + ": " + said);
        return said;
    }

    /** Whoever may open that file may trace the process, as gcore does, and nobody else may (ptrace(2), PTRACE_MODE_ATTACH). */
    private static void anotherUserReadsNoMemory(Planted box) throws IOException, InterruptedException {
        for (long pid : box.processes()) {
            refused(asOther("exec 3</proc/" + pid + "/mem"));
            refused(asOther("exec 3</proc/" + pid + "/environ"));
        }
        itsOwnIsReadByThatUser();
    }

    /** The control. */
    private static void itsOwnIsReadByThatUser() throws IOException, InterruptedException {
        var reads = asOther("sleep 60 & exec 3</proc/$!/mem 4</proc/$!/environ && kill $!");
        assertEquals(0, reads.start().waitFor());
    }

    /** Not even without being another. The engine is in the namespace of the owner's, who has every right in there. */
    @Test
    void noProgramOfTheSameUserReadsTheMemoryOfWhatHoldsPlaintext() throws Exception {
        var product = Product.withoutRoot();
        product.give();
        try (var box = opened(product)) {
            box.isFoundWhileOpen();
            for (String role : List.of("daemon", "vault")) {
                refused(asOther("exec 3</proc/" + pid(box, role) + "/mem"));
            }
        }
        itsOwnIsReadByThatUser();
    }

    private static ProcessBuilder asOther(String command) {
        return new ProcessBuilder(Stream.concat(Product.asOther().stream(), Stream.of("sh", "-c", command))
                .toList());
    }

    /** As a fault in native code would end it. */
    @Test
    void aCrashLeavesNothing() throws Exception {
        try (var box = opened(new Product())) {
            // Java writes its log at the first, and the kernel a core at both.
            for (var crash : List.of(List.of("SEGV", "daemon"), List.of("SEGV", "vault"), List.of("ABRT", "vault"))) {
                String role = crash.getLast();
                Await.until("it is ready", () -> pid(box, role) > 0);
                long pid = pid(box, role);
                AirgapBoxTest.run("kill", "-" + crash.getFirst(), Long.toString(pid));
                Await.until("it has ended", () -> !Files.exists(Path.of("/proc/" + pid)));
                box.isInNoFile();
                assertEquals(Map.of(), box.needles.in(places(), since));
                if (role.equals("vault")) {
                    Await.until("nothing of it is in memory", box::isNowhere);
                    box.unlock();
                }
                box.read();
            }
        }
        var holder = holder();
        AirgapBoxTest.run("kill", "-SEGV", Long.toString(holder.pid()));
        holder.waitFor();
        Map<Path, Map<String, Integer>> left = HELD_TEXT.in(List.of(folder), since);
        assertTrue(left.containsKey(folder.resolve("error")), left::toString);
        String cores =
                Files.readString(Path.of("/proc/sys/kernel/core_pattern")).strip();
        if (cores.startsWith("|") || cores.contains("/")) {
            NotChecked.say("that a core file would be found: this machine sends them to " + cores);
        } else {
            assertTrue(
                    left.keySet().stream()
                            .anyMatch(file -> String.valueOf(file.getFileName()).startsWith(cores.split("%", 2)[0])),
                    left::toString);
        }
    }

    private List<Path> places() {
        return List.of(folder, Path.of(System.getProperty("java.io.tmpdir")), Path.of("/dev/shm"));
    }

    private static long pid(Planted box, String role) {
        try {
            return Product.pid(box.product.status(), role);
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    private static Planted opened(Product product) throws IOException, InterruptedException {
        var box = new Planted(product);
        box.plant();
        box.read();
        return box;
    }

    private Process holder() throws IOException {
        String java = JDK.resolve("java").toString();
        String classes = HolderMain.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        var process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -c unlimited && exec \"$@\"",
                        "sh",
                        java,
                        "-Xmx32m",
                        "-Dheld=" + HELD,
                        "-XX:ErrorFile=" + folder.resolve("error"),
                        "-cp",
                        classes,
                        HolderMain.class.getName())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().write((HELD + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        assertTrue(process.getInputStream().read() > 0);
        return process;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }
}
