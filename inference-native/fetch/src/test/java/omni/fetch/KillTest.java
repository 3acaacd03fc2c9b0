package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pull killed with all its connections in the middle of a part fetches at most one part's length again. */
final class KillTest {
    private static final int MIB = 1 << 20;
    private static final int CONNECTIONS = 4;

    @TempDir
    Path home;

    @Test
    void aKilledPullGoesOnAndFetchesAtMostOnePartAgain() throws Exception {
        FakeHub hub = new FakeHub();
        byte[] content = Rig.content(1, 8 * MIB);
        hub.files.put("a-Q4_0.gguf", content);
        long each = 700_000;
        hub.bytes = (request, reply, all, tag) -> {
            long[] range = request.range().orElseThrow();
            reply.head(
                    206,
                    "Content-Length: " + (range[1] + 1 - range[0]),
                    "Content-Range: bytes " + range[0] + "-" + range[1] + "/" + all.length,
                    "ETag: " + tag);
            // What a connection that was given up has brought already is not brought again.
            reply.body(all, range[0], Math.max(range[0], range[0] / MIB * MIB + each));
            reply.stall();
        };
        long here = CONNECTIONS * each;
        try (var server = new TestServer(hub)) {
            Child.pullAndKill(home, server, "acme/tiny", here);
        }
        hub.bytes = (request, reply, all, tag) -> reply.file(request, all, tag);
        try (var server = new TestServer(hub);
                var rig = new Rig(home, server.base().toString(), Rig.NOWHERE)) {
            assertTrue(rig.pulls.list().getFirst().bytes() > here - MIB, rig.pulls.list()::toString);
            assertArrayEquals(content, Rig.only(rig.pull("acme/tiny")));
            long lists = server.seen.stream()
                    .filter(r -> !r.path().startsWith("/signed/"))
                    .count();
            assertTrue(lists > 0);
            long again = fetched(server) - (content.length - here);
            assertTrue(again >= 0 && again <= MIB, () -> "fetched again: " + again + " bytes");
        }
    }

    private static long fetched(TestServer server) {
        long sum = server.seen.stream()
                .filter(r -> r.path().startsWith("/signed/"))
                .mapToLong(r -> r.range().orElseThrow()[1] + 1 - r.range().orElseThrow()[0])
                .sum();
        assertTrue(server.bodyBytes.get() >= sum);
        return sum;
    }

    @Test
    void theControlOfTheKillIsThatAPullWithoutOneEndsByItself() throws Exception {
        FakeHub hub = new FakeHub();
        hub.files.put("a-Q4_0.gguf", Rig.content(1, 1000));
        try (var server = new TestServer(hub)) {
            Process process = Child.start(home, server, "acme/tiny");
            assertEquals("whole", Child.awaitBytes(process, Long.MAX_VALUE));
            assertEquals(0, process.waitFor());
        }
    }
}
