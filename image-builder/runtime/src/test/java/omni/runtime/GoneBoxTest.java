package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Locked means gone, under each collector and by each way of locking: a thousand texts, the password and every key are looked for in
 * the memory of all processes, in every block of the disk, in files elsewhere and in swap. Takes root.
 *
 * <p>How long it takes from the answer until the last process that had anything of it is no more is printed. With {@code omni.locks}
 * (by default 1) it is locked that often each way, and the longest must be within {@value #MILLIS_MAX} ms; a single one on a
 * machine that does other things is not judged by its time.
 */
class GoneBoxTest {
    private static final int LOCKS = Integer.getInteger("omni.locks", 1);
    private static final int MILLIS_MAX = 200;
    private static final Duration LOOK_EVERY = Duration.ofNanos(200_000);

    private final Instant since = Instant.now().minusSeconds(2);

    private enum Way {
        COMMAND,
        API,
        KILL
    }

    /** One, or those that {@code omni.collectors} names with commas between: Serial,G1,Z. */
    static Stream<String> collectors() {
        return Stream.of(System.getProperty("omni.collectors", "Serial").split(",", -1));
    }

    @ParameterizedTest
    @MethodSource("collectors")
    void onceItIsLockedNothingIsLeft(String collector, @TempDir Path jdk) throws Exception {
        try (var disk = new LoopDisk();
                var box = new Planted(new Product(
                        Files.createDirectory(disk.folder.resolve("omni")), OtherCollector.in(jdk, collector)))) {
            box.plant();
            Map<Way, List<Long>> times = new TreeMap<>();
            for (int i = 0; i < LOCKS * Way.values().length; i++) {
                Way way = Way.values()[i % Way.values().length];
                box.read();
                Set<Long> having = box.isFoundWhileOpen();
                for (long pid : having) {
                    assertTrue(flags(pid).contains("-XX:+Use" + collector + "GC"), () -> flags(pid));
                }
                times.computeIfAbsent(way, _ -> new ArrayList<>())
                        .add(lock(box, way, having).toMillis());
                box.isGone();
                isNowhereElse(box, disk);
                if (way == Way.COMMAND) { // neither way of unlocking leaves the password
                    box.unlockByApi();
                } else {
                    box.unlock();
                }
            }
            System.out.println("GoneBoxTest: " + collector + ", ms from the answer to the end: " + times);
            assertTrue(
                    LOCKS == 1 || times.values().stream().flatMap(List::stream).allMatch(ms -> ms <= MILLIS_MAX),
                    times::toString);
        }
    }

    private static String flags(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "ended: " + e;
        }
    }

    /** Locks, and waits without doing anything else until those processes have ended. */
    private static Duration lock(Planted box, Way way, Set<Long> having) throws Exception {
        var ended = CompletableFuture.supplyAsync(() -> ended(having));
        long answered = switch (way) {
            case COMMAND -> byCommand(box);
            case API -> byApi(box);
            case KILL -> byKill(box, having);
        };
        return Duration.ofNanos(Math.max(0, ended.get(Await.LONG.toSeconds(), TimeUnit.SECONDS) - answered));
    }

    /** Each way of locking returns when it was answered (System.nanoTime). */
    private static long byCommand(Planted box) throws IOException, InterruptedException {
        var command = box.product.start("vault", "lock");
        assertTrue(command.getInputStream().read() > 0, "it says something");
        long answered = System.nanoTime();
        assertEquals(0, command.waitFor());
        return answered;
    }

    private static long byApi(Planted box) throws IOException, InterruptedException {
        var locked = box.client.send("POST", "/v1/vault/lock", "");
        long answered = System.nanoTime();
        assertEquals(200, locked.statusCode(), locked.body());
        return answered;
    }

    /** Nobody answers: the signal counts. */
    private static long byKill(Planted box, Set<Long> having) throws IOException, InterruptedException {
        long vault = Product.pid(box.product.status(), "vault");
        assertTrue(having.contains(vault));
        long killed = System.nanoTime();
        ProcessHandle.of(vault).orElseThrow().destroyForcibly();
        return killed;
    }

    /** When the last of them was no more: for its parent, too, so that no thread of it is left. */
    private static long ended(Set<Long> pids) {
        long until = System.nanoTime() + Await.LONG.toNanos();
        while (System.nanoTime() < until && pids.stream().anyMatch(pid -> Files.exists(Path.of("/proc/" + pid)))) {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
        return System.nanoTime();
    }

    /** Every block of the disk; where else a process could have written; and swap. */
    private void isNowhereElse(Planted box, LoopDisk disk) throws Exception {
        box.isInNoFile();
        disk.settle();
        if (disk.image.isPresent()) {
            assertEquals(Map.of(), box.needles.in(disk.image.get()));
        }
        var places = List.of(Path.of(System.getProperty("java.io.tmpdir")), Path.of("/dev/shm"));
        assertEquals(Map.of(), box.needles.in(places, since));
        List<String> swaps =
                Files.readAllLines(Path.of("/proc/swaps")).stream().skip(1).toList();
        for (String line : swaps) {
            assertEquals(Map.of(), box.needles.in(Path.of(line.split("\\s+", 2)[0])), line);
        }
        if (swaps.isEmpty()) {
            NotChecked.say("swap: this machine has none");
        }
    }

    /** The control of the looks at disks and files: what was written there is found, in free blocks, too, once it is deleted. */
    @Test
    void whatWasWrittenIsFoundWhereItIsLookedFor() throws Exception {
        String text = "c" + Planted.random();
        Needles needles = Needles.of(text);
        try (var disk = new LoopDisk()) {
            Path file = disk.folder.resolve("planted");
            Files.writeString(file, text);
            disk.settle();
            Files.delete(file);
            disk.settle();
            if (disk.image.isPresent()) {
                assertNotEquals(Map.of(), needles.in(disk.image.get()), "in a block that is free");
            }
        }
        for (Path place : List.of(Path.of(System.getProperty("java.io.tmpdir")), Path.of("/dev/shm"))) {
            Path file = Files.createTempFile(place, "omni", "planted");
            try {
                assertEquals(Map.of(), needles.in(List.of(place), since), place::toString);
                Files.writeString(file, text);
                assertEquals(Set.of(file), needles.in(List.of(place), since).keySet());
            } finally {
                Files.delete(file);
            }
        }
    }
}
