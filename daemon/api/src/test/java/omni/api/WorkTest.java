package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import omni.bus.BusClient;
import omni.engine.EngineProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

/** Ending an answer early, at each of its steps. */
final class WorkTest {
    private static final Duration DAY = Duration.ofDays(1);

    @Test
    void aStepThatWaitsIsInterruptedAndNothingAfterIt() {
        var work = new Work();
        var gone = new ClientGone();
        var never = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> work.cancel(gone));
        var thrown = assertThrows(ClientGone.class, () -> {
            while (true) {
                work.step(() -> {
                    try {
                        never.await();
                        return true;
                    } catch (InterruptedException e) {
                        throw Answers.stoppingError();
                    }
                });
            }
        });
        assertSame(gone, thrown);
        assertFalse(Thread.currentThread().isInterrupted(), "the answer to the client is not to be cut off");
        assertThrows(ClientGone.class, () -> work.step(() -> true));
    }

    @Test
    void workThatIsDoneIsLeftAlone() {
        var work = new Work();
        assertEquals(1, work.step(() -> 1));
        work.close();
        work.cancel(new ClientGone());
        assertFalse(Thread.currentThread().isInterrupted());
    }

    /** The failure of a step is its own where nobody has ended the work. */
    @Test
    void aStepFailsAsItFails() {
        var work = new Work();
        var own = Answers.stoppingError();
        assertSame(
                own,
                assertThrows(
                        ApiError.class,
                        () -> work.step(() -> {
                            throw own;
                        })));
    }

    @Test
    void whoWaitsForTheRendererCanLeave(@TempDir Path home) throws Exception {
        var sweeper = new Sweeper(new Wire.Patience(DAY, DAY, DAY));
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var bus = BusClient.to(home.resolve("engine.sock"))) {
            var link = new EngineLink(EngineProtocol.Client.of(bus));
            var templates = new Templates(link, Clock.systemUTC(), false);
            var answers = new Answers(
                    link,
                    templates,
                    sweeper,
                    DAY,
                    Clock.systemUTC(),
                    () -> {},
                    new Metrics(() -> new EngineCounts(false, Optional.empty())));
            var leave = new AtomicReference<Runnable>(() -> {});
            templates.rendering.lock();
            try {
                var end = CompletableFuture.runAsync(() -> {
                    try (var request = new Held<>(request(), () -> {})) {
                        answers.chat(request, Answers.Asker.owner(leave::set), _ -> {});
                    }
                });
                Await.until("it waits for the renderer", () -> templates.rendering.hasQueuedThreads());
                assertEquals(1, answers.running());
                leave.get().run();
                assertTrue(assertThrows(Exception.class, end::get).getCause() instanceof ClientGone);
                assertEquals(0, answers.running());
            } finally {
                templates.rendering.unlock();
            }
            assertEquals(0, engine.asked.size());
        } finally {
            sweeper.close();
        }
    }

    private static ChatRequest request() {
        var body = JsonNodeFactory.instance.objectNode().put("model", "three");
        body.putArray("messages").addObject().put("role", "user").put("content", "hi");
        return ChatRequest.read(new Json(16).body(body));
    }
}
