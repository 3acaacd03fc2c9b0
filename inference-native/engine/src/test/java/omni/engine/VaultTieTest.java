package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import omni.bus.BusClient;
import omni.bus.BusMethod;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.bus.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** The engine ends with an open vault where it has had texts, and only then. */
class VaultTieTest {
    private static final BusMethod<JsonNode, JsonNode> STATUS =
            new BusMethod<>("omni.Vault.Status", (in, _) -> in, in -> in, (out, _) -> out, out -> out, Map.of());

    @TempDir
    private Path folder;

    private static final String TEXT = "a text";

    private final AtomicInteger vanished = new AtomicInteger();
    private final AtomicLong texts = new AtomicLong();
    /** How often it was asked for the number of texts, which is at each word of the vault. */
    private final AtomicInteger heard = new AtomicInteger();

    /** What the vault says next; the empty text breaks the stream off. */
    private final BlockingQueue<String> says = new LinkedBlockingQueue<>();

    private void tell(JsonNode in, Call<JsonNode> call) {
        try {
            while (!call.isCancelled()) {
                String state = says.poll(10, TimeUnit.MILLISECONDS);
                if (state == null) {
                    continue;
                }
                var vault = JsonNodeFactory.instance.objectNode();
                vault.putObject("vault").put("state", state.isEmpty() ? "open" : state);
                if (state.isEmpty()) {
                    call.reply(vault);
                    return;
                }
                call.next(vault);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private long asked() {
        heard.incrementAndGet();
        return texts.get();
    }

    /** Returns after how many of these it had vanished; 0 for not at all. */
    private int follow(String... steps) throws Exception {
        try (var _ = BusServer.at(folder.resolve("vault.sock"))
                        .service(Service.builder(
                                        "omni.Vault", "interface omni.Vault\nmethod Status() -> (vault: object)\n")
                                .method(STATUS, this::tell)
                                .build())
                        .start();
                var bus = BusClient.to(folder.resolve("vault.sock"));
                var _ = VaultTie.to(bus, this::asked, vanished::incrementAndGet)) {
            for (int i = 0; i < steps.length; i++) {
                if (steps[i].equals(TEXT)) {
                    texts.incrementAndGet();
                    continue;
                }
                // The word that breaks off is "open", and then there is the end itself.
                int words = heard.get() + (steps[i].isEmpty() ? 2 : 1);
                says.add(steps[i]);
                Await.until(Duration.ofMinutes(1), () -> heard.get() >= words);
                // Asked for is before done: the next word is heard after both, and its own is seen soon.
                if (i == steps.length - 1) {
                    says.add("absent");
                    Await.until(Duration.ofMinutes(1), () -> heard.get() > words);
                }
                if (vanished.get() > 0) {
                    return i + 1;
                }
            }
        }
        return 0;
    }

    @Test
    void anOpenVaultThatIsLockedTakesTheEngineAlong() throws Exception {
        assertEquals(4, follow("sealed", "open", TEXT, "sealed"));
    }

    @Test
    void anOpenVaultThatBreaksOffDoesToo() throws Exception {
        assertEquals(3, follow("open", TEXT, ""));
    }

    /** Nobody knows whether the vault was open then. */
    @Test
    void soDoesATextOfWhichNothingWasHeard() throws Exception {
        assertEquals(3, follow("", TEXT, "sealed"));
    }

    /** The control: as long as no vault was open, nothing of it can be here. */
    @Test
    void aVaultThatWasNeverOpenDoesNot() throws Exception {
        assertEquals(0, follow("absent", TEXT, "sealed", TEXT, "absent", TEXT, "sealed"));
    }

    @Test
    void anEngineWithoutATextSinceGoesOn() throws Exception {
        assertEquals(0, follow("sealed", TEXT, "sealed", "open", "sealed", "open", "sealed"));
    }
}
