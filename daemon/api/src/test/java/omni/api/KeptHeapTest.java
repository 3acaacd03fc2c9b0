package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing of what passes between a client and an open vault stays on the daemon's heap. */
final class KeptHeapTest {
    private static final String ALL = "/v1/conversations";
    private static final int CONVERSATIONS = 1000;

    /** Of each a tenth would show. */
    private static final int TEXT_CHARACTERS = 16 << 10;

    private static final long GROWTH_BYTES_MAX = (long) CONVERSATIONS * TEXT_CHARACTERS / 10;

    @TempDir
    private Path home;

    /** The control is that they are not deleted: the fake vault, which is in this process, has them then. */
    @Test
    void aThousandConversationsLeaveNothing() throws Exception {
        try (var _ = new FakeVault(home, VaultState.OPEN);
                var engine = new FakeEngine(home.resolve("engine.sock"));
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            goThrough(daemon, engine, CONVERSATIONS / 5, true);
            var before = usedBytes();
            goThrough(daemon, engine, CONVERSATIONS, true);
            var grown = usedBytes() - before;
            assertTrue(grown < GROWTH_BYTES_MAX, grown + " bytes more");

            goThrough(daemon, engine, CONVERSATIONS, false);
            var kept = usedBytes() - before;
            assertTrue(kept > GROWTH_BYTES_MAX, "the control: " + kept + " bytes more");
        }
    }

    private static void goThrough(TestDaemon daemon, FakeEngine engine, int conversations, boolean deletes)
            throws Exception {
        var item = "{\"items\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(TEXT_CHARACTERS) + "\"}]}";
        for (var i = 0; i < conversations; i++) {
            var id = TestDaemon.json(daemon.post(ALL, item)).get("id").asString();
            ok(daemon.post(ALL + "/" + id, "{\"metadata\":{\"topic\":\"birds\"}}"));
            ok(daemon.get(ALL + "/" + id + "/items"));
            ok(daemon.post(
                    "/v1/responses",
                    "{\"model\":\"three\",\"input\":\"hi\",\"store\":false,\"conversation\":\"" + id + "\"}"));
            engine.asked.clear();
            if (deletes) {
                ok(daemon.send(daemon.request(ALL + "/" + id).DELETE()));
            }
        }
    }

    private static void ok(HttpResponse<String> response) {
        assertEquals(200, response.statusCode(), response.body());
    }

    private static long usedBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
