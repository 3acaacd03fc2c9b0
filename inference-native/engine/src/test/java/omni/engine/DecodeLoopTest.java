package omni.engine;

import static omni.engine.ScriptedDecoder.answer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import omni.engine.EngineConfig.PrefixReuse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order of things in the decode loop, on a decoder that notes every call. */
class DecodeLoopTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int PLENTY = 100_000;

    private ScriptedDecoder decoder = new ScriptedDecoder(4, 1000, 1000, 64);
    private DecodeLoop loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, LONG);
    private final CompletableFuture<Throwable> end = new CompletableFuture<>();
    private Thread thread = new Thread();

    private void start(ScriptedDecoder with, Duration stallMax) {
        decoder = with;
        loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, stallMax);
        start();
    }

    private void start() {
        thread = Thread.ofPlatform().start(() -> {
            try {
                loop.run();
                end.complete(new Throwable("closed"));
            } catch (InterruptedException | RuntimeException | AssertionError e) {
                end.complete(e);
            }
        });
    }

    @AfterEach
    void stop() throws InterruptedException {
        decoder.permits.release(PLENTY);
        loop.close();
        thread.join();
    }

    /** A prompt of so many tokens, the last of which is {@code last}. */
    private Generation request(int last, int promptTokens, int maxTokens, String... stops) {
        return request(Caller.OWNER, last, promptTokens, maxTokens, stops);
    }

    private Generation request(Caller caller, int last, int promptTokens, int maxTokens, String... stops) {
        int[] prompt = new int[promptTokens];
        Arrays.fill(prompt, 7);
        prompt[promptTokens - 1] = last;
        return new Generation(
                prompt,
                null,
                maxTokens,
                new Sampling(0, 1, 0, 0, 1, Samplers.NONE),
                List.of(stops),
                -1,
                Optional.empty(),
                caller,
                OptionalLong.empty(),
                loop::wake);
    }

    @Test
    void manyRequestsAllGetTheirOwnAnswer() throws Exception {
        decoder.permits.release(PLENTY);
        start();
        List<Generation> requests = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Generation request = request(1000 * i + i, 1 + i * 3, 20 + i);
            requests.add(request);
            loop.submit(request);
        }
        for (int i = 0; i < 50; i++) {
            assertEquals(answer(1000 * i + i, 20 + i), Loops.read(requests.get(i)));
        }
        assertEquals(4, loop.stats().sequencesPerDecodeMax());
        Await.until(LONG, () -> loop.stats().sequences() == 0 && decoder.cells() == 0);
        assertEquals(0, decoder.openPickers());
    }

    @Test
    void aLongPromptGoesInPiecesWhileOthersGoOn() throws Exception {
        start();
        Generation running = request(100, 2, 90);
        loop.submit(running);
        decoder.permits.release(3);
        Await.until(LONG, () -> decoder.calls().size() == 3);
        Generation joining = request(500, 150, 10);
        loop.submit(joining);
        decoder.permits.release(PLENTY);
        assertEquals(answer(500, 10), Loops.read(joining));
        assertEquals(answer(100, 90), Loops.read(running));
        List<ScriptedDecoder.Call> joint = decoder.calls().stream()
                .filter(call -> call.tokens().containsKey(1))
                .toList();
        assertTrue(joint.size() >= 150 / 16);
        for (ScriptedDecoder.Call call : joint) {
            assertEquals(1, call.tokens().get(0), "the running sequence takes part in every call");
            assertTrue(call.tokens().getOrDefault(1, 0) <= 16);
        }
    }

    @Test
    void nobodyWaitsWhileASequenceIsMade() throws Exception {
        AtomicInteger submitted = new AtomicInteger();
        decoder.whenPicking = () -> {
            if (submitted.get() == 0) {
                Thread other = Thread.ofPlatform().start(() -> {
                    loop.submit(request(200, 2, 3));
                    submitted.incrementAndGet();
                });
                try {
                    assertTrue(other.join(LONG), "handing in another request waits for the first to become a sequence");
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        decoder.permits.release(PLENTY);
        start();
        Generation request = request(100, 2, 5);
        loop.submit(request);
        assertEquals(answer(100, 5), Loops.read(request));
        Await.until(LONG, () -> submitted.get() == 1 && decoder.pickers() == 2);
    }

    @Test
    void aSequenceThatCannotBeMadeIsToldSo() {
        decoder.whenPicking = () -> {
            throw new EngineException.Failed("The script says so.");
        };
        start();
        Generation request = request(100, 2, 5);
        loop.submit(request);
        assertThrows(EngineException.Failed.class, () -> Loops.read(request));
    }

    @Test
    void aReaderBehindByAlternativesPausesItsSequenceToo() throws Exception {
        Outbox outbox = new Outbox(() -> {});
        EngineProtocol.Candidate one = new EngineProtocol.Candidate(1, "YQ==", -1);
        EngineProtocol.Token token = new EngineProtocol.Token(1, "YQ==", -1, Collections.nCopies(20, one));
        for (int i = 0; i < Outbox.CANDIDATES_MAX / 20; i++) {
            outbox.put("a", token);
        }
        assertEquals(false, outbox.isFull());
        outbox.put("a", token);
        assertTrue(outbox.isFull());
        assertEquals(Outbox.CANDIDATES_MAX / 20 + 1, outbox.take().tokens().size());
        assertEquals(false, outbox.isFull());
    }

    @Test
    void aPromptAloneFillsTheBatch() throws Exception {
        decoder.permits.release(PLENTY);
        start();
        Generation alone = request(500, 150, 1);
        loop.submit(alone);
        assertEquals(answer(500, 1), Loops.read(alone));
        assertEquals(
                List.of(64, 64, 22),
                decoder.calls().stream().map(ScriptedDecoder.Call::total).toList());
        assertEquals(150, loop.stats().promptTokens());
        assertEquals(1, loop.stats().completionTokens());
    }

    @Test
    void aShortPromptDoesNotWaitBehindALongOne() throws Exception {
        start();
        Generation longer = request(500, 600, 1);
        Generation shorter = request(100, 10, 1);
        loop.submit(longer);
        loop.submit(shorter);
        decoder.permits.release(2);
        assertEquals(answer(100, 1), Loops.read(shorter));
        decoder.permits.release(PLENTY);
        assertEquals(answer(500, 1), Loops.read(longer));
    }

    @Test
    void aCancelledRequestIsInNoLaterCall() throws Exception {
        start();
        Generation first = request(100, 1, 90);
        Generation second = request(200, 1, 90);
        loop.submit(first);
        loop.submit(second);
        decoder.permits.release(5);
        Await.until(LONG, () -> decoder.calls().size() == 5);
        first.cancel();
        // The call that was already composed may still have it; none after that may.
        decoder.permits.release(4);
        Await.until(LONG, () -> decoder.calls().size() == 9);
        List<ScriptedDecoder.Call> after = decoder.calls().subList(6, 9);
        assertTrue(after.stream().allMatch(call -> call.tokens().equals(Map.of(1, 1))), after.toString());
        decoder.permits.release(PLENTY);
        assertEquals(answer(200, 90), Loops.read(second));
        assertThrows(EngineException.Failed.class, () -> Loops.read(first));
    }

    @Test
    void aCancelledRequestThatWaitsIsForgotten() throws Exception {
        start();
        List<Generation> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            running.add(request(100 * i, 1, 90));
            loop.submit(running.getLast());
        }
        Generation waiting = request(900, 1, 10);
        loop.submit(waiting);
        decoder.permits.release(2);
        Await.until(LONG, () -> loop.stats().waiting() == 1);
        waiting.cancel();
        decoder.permits.release(PLENTY);
        for (int i = 0; i < 4; i++) {
            assertEquals(answer(100 * i, 90), Loops.read(running.get(i)));
        }
        Await.until(LONG, () -> loop.stats().waiting() == 0 && decoder.openPickers() == 0);
        assertTrue(decoder.calls().stream().allMatch(call -> call.tokens().size() <= 4));
    }

    @Test
    void whenTheCacheIsFullTheYoungestComesBackLater() throws Exception {
        start(new ScriptedDecoder(4, 200, 260, 64), LONG);
        List<Generation> requests = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            requests.add(request(100 * i, 30, 95));
            loop.submit(requests.getLast());
        }
        decoder.permits.release(PLENTY);
        for (int i = 0; i < 4; i++) {
            assertEquals(answer(100 * i, 95), Loops.read(requests.get(i)));
        }
        assertTrue(loop.stats().decodeCalls() > 100, "they cannot all have been in the cache to the end");
        assertEquals(4 * 30, loop.stats().promptTokens(), "a prompt counts once");
    }

    @Test
    void aCacheThatIsSmallerThanItSaysStillServesAll() throws Exception {
        ScriptedDecoder small = new ScriptedDecoder(4, 200, 1000, 64);
        small.realKvTokens = 260;
        start(small, LONG);
        List<Generation> requests = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            requests.add(request(100 * i, 30, 95));
            loop.submit(requests.getLast());
        }
        decoder.permits.release(PLENTY);
        for (int i = 0; i < 4; i++) {
            assertEquals(answer(100 * i, 95), Loops.read(requests.get(i)));
        }
    }

    @Test
    void aRequestThatFindsNoRoomEvenAloneFails() {
        ScriptedDecoder none = new ScriptedDecoder(4, 200, 1000, 64);
        none.realKvTokens = 5;
        start(none, LONG);
        Generation request = request(100, 30, 5);
        loop.submit(request);
        decoder.permits.release(PLENTY);
        assertThrows(EngineException.Failed.class, () -> Loops.read(request));
    }

    @Test
    void aSlowReaderPausesItsOwnSequenceOnly() throws Exception {
        start(new ScriptedDecoder(4, 100_000, 200_000, 64), LONG);
        // Tokens that end in 99 end an answer: both requests would go on for long without them.
        Generation slow = request(100, 1, 90);
        for (int i = 0; i < Outbox.TOKENS_MAX; i++) {
            slow.outbox.put("", null);
        }
        Generation quick = request(200, 1, 90);
        loop.submit(slow);
        loop.submit(quick);
        decoder.permits.release(PLENTY);
        assertEquals(answer(200, 90), Loops.read(quick));
        assertTrue(decoder.calls().stream().noneMatch(call -> call.tokens().containsKey(0)));
        assertEquals(answer(100, 90), Loops.read(slow));
    }

    @Test
    void aReaderThatStaysBehindLosesItsAnswer() throws Exception {
        start(new ScriptedDecoder(4, 1000, 1000, 64), Duration.ofMillis(50));
        Generation stalled = request(100, 1, 90);
        for (int i = 0; i < Outbox.TOKENS_MAX; i++) {
            stalled.outbox.put("", null);
        }
        loop.submit(stalled);
        decoder.permits.release(PLENTY);
        Await.until(LONG, () -> decoder.pickers() == 1 && decoder.openPickers() == 0);
        EngineException.Failed failed = assertThrows(EngineException.Failed.class, () -> Loops.read(stalled));
        assertTrue(failed.reason.contains("too slow"));
    }

    @Test
    void contextIsTheBoundOfAnAnswer() throws Exception {
        start(new ScriptedDecoder(4, 40, 400, 64), LONG);
        Generation request = request(100, 30, 95);
        loop.submit(request);
        decoder.permits.release(PLENTY);
        assertEquals(answer(100, 10), Loops.read(request));
    }

    @Test
    void stopStringsEndAnAnswer() throws Exception {
        decoder.permits.release(PLENTY);
        start();
        Generation request = request(100, 1, 90, "10 1");
        loop.submit(request);
        assertEquals("101 102 103 104 105 106 107 108 109 1", Loops.read(request));
    }

    @Test
    void aDecoderThatFailsFailsEveryRequest() throws Exception {
        decoder.failAtCall = 5;
        start();
        List<Generation> requests = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            requests.add(request(100 * i, 1, 90));
            loop.submit(requests.getLast());
        }
        decoder.permits.release(PLENTY);
        for (Generation request : requests) {
            assertThrows(EngineException.Failed.class, () -> Loops.read(request));
        }
        assertTrue(end.get() instanceof EngineException.Failed);
        assertEquals(0, decoder.openPickers());
        Generation late = request(100, 1, 5);
        loop.submit(late);
        assertThrows(EngineException.Failed.class, () -> Loops.read(late));
    }

    @Test
    void jobsAndAnswersTakeTurns() throws Exception {
        start();
        Generation running = request(100, 1, 90);
        loop.submit(running);
        AtomicInteger pieces = new AtomicInteger();
        CompletableFuture<Integer> callsAtEnd = new CompletableFuture<>();
        loop.submit(
                new DecodeLoop.Job() {
                    @Override
                    public boolean advance() {
                        if (pieces.incrementAndGet() < 10) {
                            return true;
                        }
                        callsAtEnd.complete(decoder.calls().size());
                        return false;
                    }

                    @Override
                    public void fail(EngineException reason) {
                        callsAtEnd.completeExceptionally(reason);
                    }
                },
                Caller.OWNER);
        decoder.permits.release(PLENTY);
        assertTrue(callsAtEnd.get() >= 9, "a decode call between two pieces");
        assertEquals(10, pieces.get());
        assertEquals(answer(100, 90), Loops.read(running));
    }

    @Test
    void closingEndsWhatIsLeft() throws Exception {
        start();
        Generation running = request(100, 1, 90);
        loop.submit(running);
        loop.close();
        decoder.permits.release(PLENTY);
        assertThrows(EngineException.Failed.class, () -> Loops.read(running));
        assertEquals("closed", end.get().getMessage());
    }
}
