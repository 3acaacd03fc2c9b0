package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole product under kill -9: roles, the supervisor, and children that are just starting, with chats in flight. */
final class KillsBoxTest {
    /** The roles that run all the time. */
    private static final List<String> RESIDENT = List.of("airgap", "vault", "engine", "daemon");

    /** A sample, for a machine that has other tests to run; {@code -Domni.kills=200} is the whole. */
    private static final int KILLS = Integer.getInteger("omni.kills", 40);
    /** The supervisor lives through so many kills at the end, so that a leak of its own would show. */
    private static final int KILLS_OF_ROLES_AT_THE_END = KILLS * 3 / 10;

    private static final int QUIET_EVERY = 5;
    private static final int CLIENTS = 3;
    private static final long SEED = 20261121;
    /** As many bare Javas start in the time that a role may take. */
    private static final int BARE_JAVAS = 20;

    private static final Duration HANG = Duration.ofSeconds(60);
    private static final String PATIENT = "restarts_max = 100000\nbackoff_first = \"10ms\"\nbackoff_max = \"50ms\"";

    /** What the clients saw. */
    private static final class Seen {
        final AtomicInteger answers = new AtomicInteger();
        final AtomicInteger errors = new AtomicInteger();
        final AtomicInteger brokenOff = new AtomicInteger();
        final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

        @Override
        public String toString() {
            return answers + " answers, " + errors + " errors, " + brokenOff + " connections broken off, wrong: "
                    + wrong;
        }
    }

    @Test
    void manyKillsLeaveNothingBehind() throws Exception {
        try (var box = new Box(PATIENT)) {
            box.awaitReady();
            box.addKey();
            var seen = new Seen();
            var over = new AtomicBoolean();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                boolean stream = i % 2 == 0;
                clients.add(Thread.ofPlatform().start(() -> chatUntil(box, stream, over, seen)));
            }
            long before = kill(box, seen);
            over.set(true);
            for (Thread client : clients) {
                client.join();
            }
            System.out.println("KillsBoxTest: " + KILLS + " kills: " + seen);
            assertTrue(seen.wrong.isEmpty(), seen::toString);
            assertTrue(seen.answers.get() > 0 && seen.errors.get() + seen.brokenOff.get() > 0, seen::toString);

            box.awaitReady();
            assertTrue(box.chat(false, HANG).body().contains("12"));
            assertEquals(RESIDENT.size(), box.children().size(), "processes of the tree");
            Box.until("no more descriptors than before", () -> Box.descriptors(box.supervisorPid()) <= before);
            assertEquals(RESIDENT.size() + 1, box.alive().size(), "processes that are left");
            assertEquals(0, box.stop());
            Box.until("all are gone", () -> box.alive().isEmpty());
            assertEquals(List.of(), named(box.home(), ".sock", "hs_err", "core", ".hprof"));
        }
    }

    /** Kills, and returns how many descriptors the last supervisor had while all was well. */
    private static long kill(Box box, Seen seen) throws IOException, InterruptedException {
        var random = new Random(SEED);
        long before = 0;
        for (int i = 0; i < KILLS; i++) {
            if (i % QUIET_EVERY == 0) {
                int answers = seen.answers.get();
                Box.until("a chat is answered between the kills", () -> seen.answers.get() > answers);
                box.awaitReady();
                if (i <= KILLS - KILLS_OF_ROLES_AT_THE_END) {
                    before = Box.descriptors(box.supervisorPid());
                }
            }
            int die = random.nextInt(100);
            if (die < 10 && i < KILLS - KILLS_OF_ROLES_AT_THE_END) {
                box.killSupervisor();
                assertEquals(List.of(), box.alive(), "what a killed supervisor left");
                box.restart();
            } else if (die < 40) {
                killAChild(box, random); // whichever there is: often one that is just starting
            } else {
                Optional<Long> pid = box.pid(RESIDENT.get(die % RESIDENT.size()));
                if (pid.isPresent()) {
                    Box.signal("KILL", pid.get());
                }
            }
            LockSupport.parkNanos(Duration.ofMillis(random.nextInt(700)).toNanos());
        }
        return before;
    }

    private static void killAChild(Box box, Random random) throws IOException, InterruptedException {
        Box.until("the supervisor has a child", () -> !box.children().isEmpty());
        List<Long> children = box.children();
        if (!children.isEmpty()) {
            Box.signal("KILL", children.get(random.nextInt(children.size())));
        }
    }

    /** Each request ends in time: with the answer, with an error in the API's own shape, or with a broken connection. */
    private static void chatUntil(Box box, boolean stream, AtomicBoolean over, Seen seen) {
        while (!over.get()) {
            try {
                HttpResponse<String> response = box.chat(stream, HANG);
                if (response.statusCode() == 200 && isWhole(response.body(), stream)) {
                    seen.answers.incrementAndGet();
                } else if ((response.statusCode() == 200 || response.statusCode() >= 500)
                        && isError(response.body(), stream)) {
                    seen.errors.incrementAndGet();
                } else {
                    seen.wrong.add(response.statusCode() + " " + response.body());
                }
            } catch (HttpTimeoutException e) {
                seen.wrong.add("a request hangs: " + e.getMessage());
            } catch (IOException e) {
                seen.brokenOff.incrementAndGet();
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static boolean isWhole(String body, boolean stream) {
        return stream ? body.contains("data: [DONE]") && !body.contains("\"error\"") : body.contains("\"choices\"");
    }

    /** {@code {"error":{"message":…}}}, or the last event of a stream with such an object. */
    private static boolean isError(String body, boolean stream) {
        String text = body.strip();
        if (stream && text.contains("data: ")) {
            text = Arrays.stream(text.split("\n", -1))
                    .filter(line -> line.startsWith("data: {") && line.contains("\"error\""))
                    .reduce("", (first, last) -> last)
                    .replaceFirst("^data: ", "");
        }
        try {
            JsonNode error = JsonMapper.shared().readTree(text).path("error");
            return error.isObject() && !error.path("message").asString("").isEmpty();
        } catch (JacksonException e) {
            return false;
        }
    }

    private static List<Path> named(Path folder, String... parts) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> Stream.of(parts)
                            .anyMatch(part -> path.getFileName().toString().contains(part)))
                    .toList();
        }
    }

    /** In milliseconds. Two processors that do nothing else start a Java without an archive in 100 to 150. */
    private static long bareJava() throws IOException, InterruptedException {
        String java = ProcessHandle.current().info().command().orElseThrow();
        long start = System.nanoTime();
        new ProcessBuilder(java, "-Xshare:off", "-XX:+UseSerialGC", "-version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        return (System.nanoTime() - start) / 1_000_000;
    }

    /** Two seconds on a machine that does nothing else; on another, longer by as much as any Java takes longer to start. */
    @Test
    void aKilledRoleIsBackWithinTwoSeconds() throws Exception {
        try (var box = new Box(PATIENT)) {
            box.awaitReady();
            for (String role : RESIDENT) {
                long[] millis = new long[5];
                long[] bare = new long[5];
                for (int i = 0; i < millis.length; i++) {
                    box.awaitReady();
                    bare[i] = bareJava();
                    long killed = box.pid(role).orElseThrow();
                    long start = System.nanoTime();
                    Box.signal("KILL", killed);
                    Box.until(role + " is back", () -> box.isReadyAgain(role, killed));
                    millis[i] = (System.nanoTime() - start) / 1_000_000;
                }
                System.out.println("KillsBoxTest: " + role + " back after kill -9 in ms: " + Arrays.toString(millis)
                        + ", a bare Java: " + Arrays.toString(bare));
                Arrays.sort(millis);
                Arrays.sort(bare);
                long limit = Math.max(2000, BARE_JAVAS * bare[bare.length / 2]);
                assertTrue(millis[millis.length / 2] <= limit, role + ": " + Arrays.toString(millis));
            }
        }
    }
}
