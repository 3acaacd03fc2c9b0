package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** So often it is asked before the engine has had a text. */
    private final AtomicInteger withoutText = new AtomicInteger();

    private final AtomicInteger vanished = new AtomicInteger();
    /** What the vault says next; the empty text breaks the stream off. */
    private final BlockingQueue<String> says = new LinkedBlockingQueue<>();

    private final AtomicInteger said = new AtomicInteger();

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
                } else {
                    call.next(vault);
                }
                said.incrementAndGet();
                if (state.isEmpty()) {
                    return;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow(String... states) throws Exception {
        try (var _ = BusServer.at(folder.resolve("vault.sock"))
                        .service(Service.builder(
                                        "omni.Vault", "interface omni.Vault\nmethod Status() -> (vault: object)\n")
                                .method(STATUS, this::tell)
                                .build())
                        .start();
                var bus = BusClient.to(folder.resolve("vault.sock"));
                var _ = VaultTie.to(bus, () -> withoutText.getAndDecrement() <= 0, vanished::incrementAndGet)) {
            for (String state : states) {
                int before = said.get();
                says.add(state);
                Await.until(Duration.ofMinutes(1), () -> said.get() > before);
            }
            Await.until(Duration.ofMinutes(1), () -> vanished.get() > 0);
        }
        assertEquals(1, vanished.get());
    }

    @Test
    void anOpenVaultThatIsLockedTakesTheEngineAlong() throws Exception {
        follow("sealed", "open", "sealed");
    }

    @Test
    void anOpenVaultThatBreaksOffDoesToo() throws Exception {
        follow("open", "");
    }

    /** The control: as long as no vault was open, nothing of it can be here. Only the last two end it. */
    @Test
    void aVaultThatWasNeverOpenDoesNot() throws Exception {
        follow("absent", "sealed", "absent", "sealed", "open", "sealed");
    }

    /** Nor do the first two of these. */
    @Test
    void anEngineWithoutATextGoesOn() throws Exception {
        withoutText.set(1);
        follow("open", "sealed", "open", "sealed");
    }
}
