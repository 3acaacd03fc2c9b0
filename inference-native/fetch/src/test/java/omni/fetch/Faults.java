package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.Reason;

/**
 * Pulls from servers that misbehave as a seed says: each request for bytes may meet a fault, and some pulls meet one that
 * never ends. A pull counts as good when its bytes are the served ones, as clear when it ends with one of our reasons; one
 * that ends otherwise, or with other bytes, fails the test at once. After a clear error the same pull is asked for again,
 * from a server that behaves, and must then be good.
 */
final class Faults {
    private static final int MIB = 1 << 20;

    /** What a request for bytes may meet. */
    enum Fault {
        STALL,
        RESET,
        SHORT,
        WRONG_BYTES,
        TOO_MANY,
        UNAVAILABLE,
        WRONG_RANGE,
        WRONG_LENGTH,
        RANGE_IGNORED,
        GARBAGE
    }

    /** What a whole pull may suffer from. */
    enum Lasting {
        NOTHING,
        WRONG_BYTES,
        UNAVAILABLE,
        NO_RANGES,
        EXPIRING,
        GONE,
        KILLED
    }

    /** What came of all. */
    record Score(int good, Map<Reason, Integer> clear, Map<Fault, Integer> faults, Map<Lasting, Integer> lasting) {
        int clearErrors() {
            return clear.values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    private final Random random;
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);

    private Faults(long seed) {
        this.random = new Random(seed);
    }

    /** Whether the run was worth its name: most are good, some fail, and many kinds of fault were met. */
    static void judge(Score score, int runs) {
        System.getLogger("test").log(System.Logger.Level.INFO, "{0}", score);
        assertTrue(score.good() > runs / 2, score::toString);
        assertTrue(score.clearErrors() > 0, score::toString);
        Set<Fault> met = EnumSet.copyOf(score.faults().keySet());
        assertTrue(met.size() >= Math.min(Fault.values().length, runs / 3), () -> "too few kinds: " + score);
    }

    static Score run(Path folder, int runs, long seed) throws Exception {
        Map<Reason, Integer> clear = new TreeMap<>();
        Map<Lasting, Integer> lasting = new EnumMap<>(Lasting.class);
        Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
        int good = 0;
        for (int i = 0; i < runs; i++) {
            Faults one = new Faults(seed + i);
            Lasting trouble = one.lasting();
            lasting.merge(trouble, 1, Integer::sum);
            Path home = Files.createDirectory(folder.resolve("run" + i));
            Reason ended = one.pull(home, trouble, i);
            if (ended == null) {
                good++;
            } else {
                clear.merge(ended, 1, Integer::sum);
            }
            one.faults.forEach((fault, count) -> faults.merge(fault, count, Integer::sum));
        }
        return new Score(good, clear, faults, lasting);
    }

    private Lasting lasting() {
        return random.nextInt(10) < 6
                ? Lasting.NOTHING
                : Lasting.values()[1 + random.nextInt(Lasting.values().length - 1)];
    }

    private synchronized boolean chance(double share) {
        return random.nextDouble() < share;
    }

    private synchronized int below(int bound) {
        return random.nextInt(bound);
    }

    private synchronized void count(Fault fault) {
        faults.merge(fault, 1, Integer::sum);
    }

    /** One pull; the reason it ended with, or null where it is good. */
    @org.jspecify.annotations.Nullable
    Reason pull(Path home, Lasting trouble, int number) throws Exception {
        byte[] content = Rig.content(number, MIB + below(3 * MIB));
        FakeHub.Bytes bad = (request, reply, all, tag) -> serve(trouble, request, reply, all, tag);
        FakeHub.Bytes well = (request, reply, all, tag) -> reply.file(request, all, tag);
        try (Scene scene = new Scene(below(4), content)) {
            scene.behave(bad);
            if (trouble == Lasting.EXPIRING) {
                scene.hub.signatureUses = 1 + below(2);
                scene.registry.wantsToken = true;
                scene.registry.tokenUses = 2 + below(2);
            }
            // Of a bare address nobody else says what its bytes must be.
            String hash = scene.isPlain() || chance(0.5) ? Hash.of(content) : "";
            if (trouble == Lasting.KILLED) {
                Child.pullAndKill(home, scene.server, scene.source(), below(content.length));
            }
            Reason ended = attempt(home, scene, hash, content);
            if (ended != null) {
                assertEquals(0, wholeFiles(home), "a file that is not right stands as whole");
                scene.behave(well);
                scene.hub.signatureUses = Integer.MAX_VALUE;
                assertEquals(null, attempt(home, scene, hash, content), "the pull after the trouble");
            }
            return ended;
        }
    }

    private static @org.jspecify.annotations.Nullable Reason attempt(
            Path home, Scene scene, String hash, byte[] content) throws IOException {
        String base = scene.server.base().toString();
        try (Rig rig = new Rig(home, base, base)) {
            Brought brought = hash.isEmpty() ? rig.pull(scene.source()) : rig.pull(scene.source(), hash);
            assertEquals(Hash.of(content), brought.files().getFirst().sha256(), () -> "run " + scene.source());
            assertArrayEquals(content, Rig.only(brought));
            return null;
        } catch (FetchException e) {
            assertTrue(
                    List.of(Reason.CONTENT, Reason.UNREACHABLE, Reason.MISSING, Reason.UNAUTHORIZED)
                            .contains(e.reason()),
                    e::getMessage);
            assertTrue(e.getMessage().length() > 20, e::getMessage);
            return e.reason();
        }
    }

    private static long wholeFiles(Path home) throws IOException {
        try (var files = Files.walk(home.resolve("cartridges"))) {
            return files.filter(
                            file -> Files.isRegularFile(file) && file.toString().endsWith(".gguf"))
                    .count();
        }
    }

    private void serve(Lasting trouble, TestServer.Request request, TestServer.Reply reply, byte[] all, String tag)
            throws IOException {
        switch (trouble) {
            case WRONG_BYTES -> {
                byte[] other = all.clone();
                other[all.length / 2] ^= 1;
                reply.file(request, other, tag);
            }
            case UNAVAILABLE -> reply.send(503, new byte[0]);
            case NO_RANGES -> {
                if (chance(0.2)) {
                    reply.head(200, "Content-Length: " + all.length);
                    reply.body(all, 0, all.length / 2);
                    reply.reset();
                } else {
                    reply.send(200, all);
                }
            }
            case GONE -> reply.send(404, new byte[0]);
            case NOTHING, EXPIRING, KILLED -> {
                if (chance(0.3) && request.range().filter(r -> r[1] > r[0]).isPresent()) {
                    fault(Fault.values()[below(Fault.values().length)], request, reply, all, tag);
                } else {
                    reply.file(request, all, tag);
                }
            }
        }
    }

    private void fault(Fault fault, TestServer.Request request, TestServer.Reply reply, byte[] all, String tag)
            throws IOException {
        count(fault);
        long first = request.range().orElseThrow()[0];
        long last = Math.min(request.range().orElseThrow()[1], all.length - 1);
        long length = last + 1 - first;
        String place = "Content-Range: bytes " + first + "-" + last + "/" + all.length;
        switch (fault) {
            case STALL -> {
                reply.head(206, "Content-Length: " + length, place, "ETag: " + tag);
                reply.body(all, first, first + length / 2);
                reply.stall();
            }
            case RESET -> {
                reply.head(206, "Content-Length: " + length, place, "ETag: " + tag);
                reply.body(all, first, first + length / 2);
                reply.reset();
            }
            case SHORT -> {
                reply.head(206, "Content-Length: " + length, place, "ETag: " + tag);
                reply.body(all, first, first + length / 2);
            }
            case WRONG_BYTES -> {
                byte[] other = all.clone();
                other[(int) (first + length / 2)] ^= 0x40;
                reply.file(request, other, tag);
            }
            case TOO_MANY -> reply.send(429, new byte[0], "Retry-After: " + below(2));
            case UNAVAILABLE -> reply.send(503, "busy".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            case WRONG_RANGE -> {
                reply.head(
                        206,
                        "Content-Length: " + length,
                        "Content-Range: bytes " + (first + 1) + "-" + (last + 1) + "/" + all.length,
                        "ETag: " + tag);
                reply.body(all, first, last + 1);
            }
            case WRONG_LENGTH -> {
                reply.head(
                        206,
                        "Content-Length: " + length,
                        "Content-Range: bytes " + first + "-" + last + "/" + (all.length + 1),
                        "ETag: " + tag);
                reply.body(all, first, last + 1);
            }
            case RANGE_IGNORED -> reply.send(200, all, "ETag: " + tag);
            case GARBAGE ->
                reply.out.write("SSH-2.0-surprise\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
    }

    /** One of the four kinds of source, with one file. */
    private static final class Scene implements AutoCloseable {
        final FakeHub hub = new FakeHub();
        final FakeRegistry registry = new FakeRegistry();
        final TestServer server;
        private final int kind;
        private volatile FakeHub.Bytes plain = (request, reply, all, tag) -> reply.file(request, all, tag);

        Scene(int kind, byte[] content) throws IOException {
            this.kind = kind;
            hub.files.put("m-Q4_K_M.gguf", content);
            registry.layer("application/vnd.ollama.image.model", content, "");
            registry.publish("library/m", "latest");
            server = new TestServer((request, reply) -> {
                if (request.path().startsWith("/v2/") || request.path().equals("/token")) {
                    registry.handle(request, reply);
                } else if (request.path().startsWith("/plain/")) {
                    plain.serve(request, reply, content, "\"v1\"");
                } else {
                    hub.handle(request, reply);
                }
            });
            registry.realm = server.base().toString();
        }

        void behave(FakeHub.Bytes bytes) {
            hub.bytes = bytes;
            registry.bytes = bytes;
            plain = bytes;
        }

        boolean isPlain() {
            return kind == 3;
        }

        String source() {
            return switch (kind) {
                case 0 -> "acme/tiny";
                case 1 -> "ollama:m";
                case 2 -> "oci:" + server.host() + "/library/m";
                default -> server.at("/plain/m.gguf").toString();
            };
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
