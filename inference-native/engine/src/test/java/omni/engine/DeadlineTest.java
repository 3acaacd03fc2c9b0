package omni.engine;

import static omni.engine.ScriptedDecoder.answer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import omni.engine.EngineConfig.PrefixReuse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deadlines in the decode loop, by a clock that is the number of decode calls. */
class DeadlineTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int PLENTY = 100_000;

    private final ScriptedDecoder decoder = new ScriptedDecoder(1, 1000, 1000, 64);
    private final DecodeLoop loop = new DecodeLoop(
            decoder, 16, PrefixReuse.OFF, LONG, () -> decoder.calls().size());
    private Thread thread = new Thread();

    @BeforeEach
    void start() {
        thread = Loops.start(loop);
    }

    @AfterEach
    void stop() throws InterruptedException {
        decoder.permits.release(PLENTY);
        loop.close();
        thread.join();
    }

    private Generation ask(int last, int promptTokens, OptionalLong deadline) {
        int[] prompt = new int[promptTokens];
        prompt[promptTokens - 1] = last;
        Sampling greedy = new Sampling(0, 1, 0, 0, 1, Samplers.NONE);
        Generation request = new Generation(
                prompt, null, 90, greedy, List.of(), -1, Optional.empty(), Caller.OWNER, deadline, loop::wake);
        loop.submit(request);
        return request;
    }

    @Test
    void whatIsNotBegunByThenIsRefused() throws Exception {
        Generation running = ask(100, 2, OptionalLong.empty());
        Generation late = ask(200, 2, OptionalLong.of(50));
        decoder.permits.release(PLENTY);
        assertThrows(EngineException.Expired.class, () -> Loops.read(late));
        assertEquals(answer(100, 90), Loops.read(running));
        assertEquals(90, decoder.calls().size(), "nothing was computed for it");
        Await.until(
                LONG, () -> decoder.openPickers() == 0 && loop.stats().parties().isEmpty());
    }

    @Test
    void whatIsBegunByThenIsAnswered() throws Exception {
        Generation running = ask(100, 2, OptionalLong.empty());
        Generation inTime = ask(200, 2, OptionalLong.of(PLENTY));
        decoder.permits.release(PLENTY);
        assertEquals(answer(100, 90), Loops.read(running));
        assertEquals(answer(200, 90), Loops.read(inTime));
    }

    @Test
    void whatIsBeingWrittenThenEndsThere() throws Exception {
        Generation running = ask(100, 2, OptionalLong.of(20));
        decoder.permits.release(PLENTY);
        StringBuilder text = new StringBuilder();
        Outbox.Chunk last = Loops.end(running, text);
        assertEquals(Outbox.Finish.LENGTH, last.finish());
        assertEquals(answer(100, 20), text.toString());
        assertTrue(last.usage() != null && last.usage().completionTokens() == 20);
        Await.until(LONG, () -> decoder.cells() == 0 && decoder.openPickers() == 0);
    }

    @Test
    void aPromptThatIsNotReadByThenIsRefused() throws Exception {
        Generation running = ask(100, 900, OptionalLong.of(5));
        decoder.permits.release(PLENTY);
        assertThrows(EngineException.Expired.class, () -> Loops.read(running));
        assertEquals(5, decoder.calls().size());
        Await.until(LONG, () -> decoder.cells() == 0);
    }
}
