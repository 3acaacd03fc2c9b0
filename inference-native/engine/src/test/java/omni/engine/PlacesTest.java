package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import omni.engine.EngineConfig.PrefixReuse;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is computed again and what is not, on a decoder that notes every call and keeps tokens as a KV cache does. */
class PlacesTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int PLENTY = 100_000;
    private static final Caller ONE = new Caller("000000000001", Priority.NORMAL);
    private static final Caller OTHER = new Caller("000000000002", Priority.NORMAL);

    private ScriptedDecoder decoder = new ScriptedDecoder(4, 1000, 1000, 64);
    private DecodeLoop loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, LONG);
    private Thread thread = new Thread();

    private void start(ScriptedDecoder with, PrefixReuse reuse) {
        decoder = with;
        loop = new DecodeLoop(decoder, 16, reuse, LONG);
        thread = Loops.start(loop);
    }

    private void start(PrefixReuse reuse) {
        start(new ScriptedDecoder(4, 1000, 1000, 64), reuse);
        decoder.permits.release(PLENTY);
    }

    @AfterEach
    void stop() throws InterruptedException {
        decoder.permits.release(PLENTY);
        loop.close();
        thread.join();
    }

    /** So many tokens, from that one on up. */
    private static int[] from(int first, int count) {
        return IntStream.range(first, first + count).toArray();
    }

    private static int[] joined(int[] one, int... more) {
        return IntStream.concat(IntStream.of(one), IntStream.of(more)).toArray();
    }

    private Generation request(Caller caller, int[] prompt, int maxTokens) {
        return new Generation(
                prompt,
                null,
                maxTokens,
                new Sampling(0, 1, 0, 0, 1, Samplers.NONE),
                List.of(),
                -1,
                Optional.empty(),
                caller,
                OptionalLong.empty(),
                loop::wake);
    }

    /** How many tokens of the prompt were found computed, once it is answered as it should be. */
    private int reused(Caller caller, int[] prompt) throws InterruptedException {
        Generation request = request(caller, prompt, 3);
        loop.submit(request);
        StringBuilder text = new StringBuilder();
        Outbox.Usage usage = Loops.end(request, text).usage();
        assertEquals(ScriptedDecoder.answer(prompt[prompt.length - 1], 3), text.toString());
        return usage == null ? -1 : usage.cachedTokens();
    }

    @Test
    void aPromptIsComputedFromWhereItDiffers() throws Exception {
        start(PrefixReuse.KEY);
        int[] prompt = from(1000, 50);
        assertEquals(0, reused(ONE, prompt));
        assertEquals(49, reused(ONE, prompt), "the last token is computed for what comes after it");
        assertEquals(52, reused(ONE, joined(prompt, 1050, 1051, 5, 6, 7)), "and what was answered");
        assertEquals(30, reused(ONE, joined(from(1000, 30), 5000)));
        assertEquals(0, reused(ONE, joined(from(1000, 15), 5001)), "fewer are not worth a place");
        // What each computed of its prompt, and of three tokens answered all but the last.
        int computed =
                decoder.calls().stream().mapToInt(ScriptedDecoder.Call::total).sum();
        assertEquals(50 + 1 + 3 + 1 + 16 + 5 * 2, computed);
    }

    @Test
    void anotherKeyComputesAllUnlessItMayShare() throws Exception {
        int[] prompt = from(1000, 50);
        start(PrefixReuse.KEY);
        assertEquals(0, reused(ONE, prompt));
        assertEquals(0, reused(OTHER, prompt));
        assertEquals(49, reused(OTHER, prompt), "its own");
        stop();
        start(PrefixReuse.ALL);
        assertEquals(0, reused(ONE, prompt));
        assertEquals(49, reused(OTHER, prompt));
        stop();
        start(PrefixReuse.OFF);
        assertEquals(0, reused(ONE, prompt));
        assertEquals(0, reused(ONE, prompt));
        Await.until(LONG, () -> decoder.cells() == 0);
    }

    /** Also of one that is under way. */
    @Test
    void whatIsBeingAnsweredIsSharedToo() throws Exception {
        start(new ScriptedDecoder(4, 1000, 1000, 64), PrefixReuse.KEY);
        Generation first = request(ONE, from(1000, 50), 30);
        loop.submit(first);
        decoder.permits.release(3);
        Await.until(LONG, () -> decoder.calls().size() == 3);
        Generation stranger = request(OTHER, joined(from(1000, 40), 8000), 3);
        loop.submit(stranger);
        Generation second = request(ONE, joined(from(1000, 40), 7000), 3);
        loop.submit(second);
        decoder.permits.release(PLENTY);
        Outbox.Usage usage = Loops.end(second, new StringBuilder()).usage();
        assertTrue(usage != null && usage.cachedTokens() == 40);
        Outbox.Usage others = Loops.end(stranger, new StringBuilder()).usage();
        assertTrue(others != null && others.cachedTokens() == 0, "another key's");
        assertEquals(ScriptedDecoder.answer(1049, 30), Loops.read(first));
    }

    /** Four conversations go on in turn; a fifth has the one that was of use longest ago go. */
    @Test
    void whatWasOfUseLongestAgoGoesFirst() throws Exception {
        start(PrefixReuse.KEY);
        for (int i = 1; i <= 4; i++) {
            assertEquals(0, reused(ONE, from(i * 1000, 50)));
        }
        assertEquals(49, reused(ONE, from(1000, 50)));
        assertEquals(0, reused(ONE, from(5000, 50)));
        assertEquals(49, reused(ONE, from(1000, 50)));
        assertEquals(0, reused(ONE, from(2000, 50)), "gone");
    }

    @Test
    void withOnePlaceItIsTakenOver() throws Exception {
        start(new ScriptedDecoder(1, 1000, 1000, 64), PrefixReuse.KEY);
        decoder.permits.release(PLENTY);
        assertEquals(0, reused(ONE, from(1000, 50)));
        assertEquals(30, reused(ONE, joined(from(1000, 30), 5000)));
        assertEquals(0, reused(OTHER, joined(from(1000, 30), 5000)), "for another key it is cleared");
        assertEquals(33, decoder.cells());
    }

    @Test
    void roomIsMadeForWhoNeedsIt() throws Exception {
        start(new ScriptedDecoder(4, 100, 100, 64), PrefixReuse.KEY);
        decoder.permits.release(PLENTY);
        assertEquals(0, reused(ONE, from(1000, 50)));
        assertEquals(0, reused(OTHER, from(3000, 90)));
        assertTrue(decoder.cells() <= 100);
        assertEquals(0, reused(ONE, from(1000, 50)), "gone");
    }

    /** Cells that two have are there once: what only looks too much stays. */
    @Test
    void whatIsSharedTakesRoomOnce() throws Exception {
        start(new ScriptedDecoder(4, 120, 120, 64), PrefixReuse.KEY);
        decoder.permits.release(PLENTY);
        assertEquals(0, reused(ONE, from(3000, 40)));
        assertEquals(0, reused(ONE, from(1000, 50)));
        assertEquals(49, reused(ONE, from(1000, 50)));
        assertEquals(39, reused(ONE, from(3000, 40)), "still there");
    }

    /** The cache is smaller than it says: what is left goes, and nobody else. */
    @Test
    void whereThereIsNoRoomWhatIsLeftGoes() throws Exception {
        start(PrefixReuse.KEY);
        assertEquals(0, reused(ONE, from(1000, 50)));
        decoder.realKvTokens = 90;
        assertEquals(0, reused(OTHER, from(3000, 60)));
        assertEquals(59, reused(OTHER, from(3000, 60)));
    }

    /** Recurrent layers have no earlier state than the last: such a model goes on where it was, or begins anew. */
    @Test
    void aModelThatCannotGoBackGoesOn() throws Exception {
        start(PrefixReuse.KEY);
        decoder.onlyWhole = true;
        int[] prompt = from(1000, 50);
        assertEquals(0, reused(ONE, prompt));
        assertEquals(52, reused(ONE, joined(prompt, 1050, 1051, 5)));
        assertEquals(0, reused(ONE, joined(from(1000, 30), 5000)));
    }

    @Test
    void onlyWhatIsComputedIsCounted() throws Exception {
        start(PrefixReuse.KEY);
        assertEquals(0, reused(ONE, from(1000, 50)));
        long before = loop.stats().promptTokens();
        assertEquals(49, reused(ONE, from(1000, 50)));
        assertEquals(1, loop.stats().promptTokens() - before);
    }
}
