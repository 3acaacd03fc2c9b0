package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** When a reader is given what an answer has so far. */
class OutboxTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Outbox.Usage USAGE = new Outbox.Usage(1, 0, 1, 0, 1, 1, null);

    private final Outbox outbox = new Outbox(() -> {});

    /** Each chunk costs time on its way, and nobody sees more of them than pictures of a film. */
    @Test
    void readersAreWokenSoManyTimesASecondAtMost() throws Exception {
        int pieces = 400;
        long start = System.nanoTime();
        Thread.ofVirtual().start(() -> {
            for (int i = 0; i < pieces; i++) {
                outbox.put("a", null);
                LockSupport.parkNanos(1_000_000);
            }
            outbox.end("", Outbox.Finish.LENGTH, USAGE);
        });
        StringBuilder text = new StringBuilder();
        int chunks = 0;
        Outbox.Chunk chunk;
        do {
            chunk = outbox.take();
            text.append(chunk.text());
            chunks++;
        } while (chunk.finish() == null);

        assertEquals("a".repeat(pieces), text.toString());
        double seconds = (System.nanoTime() - start) / 1e9;
        double most = seconds * Outbox.CHUNKS_PER_SECOND + 2; // the first and the last do not wait
        assertTrue(chunks <= most, chunks + " chunks in " + seconds + " seconds");
        assertTrue(chunks > 2, chunks + " chunks: what comes slowly must come as it is made");
    }

    @Test
    void anEndDoesNotWaitForTheChunksTime() throws Exception {
        outbox.put("a", null);
        outbox.take();
        outbox.put("b", null);
        outbox.end("c", Outbox.Finish.STOP, USAGE);
        Outbox.Chunk chunk = outbox.take();
        assertEquals("bc", chunk.text());
        assertEquals(Outbox.Finish.STOP, chunk.finish());
    }

    @Test
    void aFailureGoesBeforeTheTextThatWaits() throws Exception {
        outbox.put("a", null);
        outbox.take();
        outbox.put("b", null);
        outbox.fail(new EngineException.Failed("broken"));
        assertThrows(EngineException.Failed.class, outbox::take);
    }

    /** As with control tokens, which have no text: the sequence is paused, so that nothing else would wake the reader. */
    @Test
    void tokensWithoutTextWakeTheReaderOnceItsPlaceIsFull() throws Exception {
        CompletableFuture<Outbox.Chunk> taken = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                taken.complete(outbox.take());
            } catch (InterruptedException e) {
                taken.completeExceptionally(e);
            }
        });
        Await.until(LONG, () -> reader.getState() == Thread.State.WAITING);
        for (int i = 0; i < Outbox.TOKENS_MAX; i++) {
            outbox.put("", null);
        }
        Outbox.Chunk chunk = taken.get(LONG.toSeconds(), TimeUnit.SECONDS);
        assertEquals("", chunk.text());
        assertNull(chunk.finish());
    }
}
