package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many chats at once are each what they would have been alone. At temperature 0 a batch may still round otherwise than a
 * single sequence, so a difference counts only where, in the chat run alone, the two most probable tokens at that place
 * were further apart than 0.05.
 */
class ConcurrencyTest {
    private static final int CHATS = 64;
    private static final double GAP = 0.05;
    private static final String[] QUESTIONS = {
        "What is %d plus 5?",
        "Count from %d to 90.",
        "As JSON (name, age, city): Mara is %d years old and lives in Oslo."
    };

    @TempDir
    Path folder;

    private static EngineProtocol.GenerateParams chat(int i) {
        String question = QUESTIONS[i % QUESTIONS.length].formatted(10 + i);
        return Ask.chat(question).maxTokens(24L).greedy().logprobs(2L).params();
    }

    private static List<List<EngineProtocol.Token>> alone(EngineFixture engine) {
        List<List<EngineProtocol.Token>> answers = new ArrayList<>();
        for (int i = 0; i < CHATS; i++) {
            answers.add(engine.client.generate(chat(i)).tokens());
        }
        return answers;
    }

    private static List<List<EngineProtocol.Token>> together(EngineFixture engine) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<EngineProtocol.Token>>> answers = new ArrayList<>();
            for (int i = 0; i < CHATS; i++) {
                EngineProtocol.GenerateParams chat = chat(i);
                answers.add(threads.submit(() -> engine.client.generate(chat).tokens()));
            }
            List<List<EngineProtocol.Token>> result = new ArrayList<>();
            for (Future<List<EngineProtocol.Token>> answer : answers) {
                result.add(answer.get());
            }
            return result;
        }
    }

    /** Returns how many answers differ from those given alone in a way that rounding does not explain. */
    private static int corrupted(List<List<EngineProtocol.Token>> alone, List<List<EngineProtocol.Token>> together) {
        int corrupted = 0;
        for (int i = 0; i < CHATS; i++) {
            List<EngineProtocol.Token> expected = alone.get(i);
            List<EngineProtocol.Token> actual = together.get(i);
            int at = 0;
            while (at < expected.size()
                    && at < actual.size()
                    && expected.get(at).token() == actual.get(at).token()) {
                at++;
            }
            if (at < expected.size()) {
                List<EngineProtocol.Candidate> top = expected.get(at).top();
                corrupted += top.get(0).logprob() - top.get(1).logprob() > GAP ? 1 : 0;
            } else {
                // The end of an answer has no place in the list: an answer that goes on after it is corrupted.
                corrupted += actual.size() == expected.size() ? 0 : 1;
            }
        }
        return corrupted;
    }

    @Test
    void sixtyFourChatsAtOnceAreNotMixedUp() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder)) {
            List<List<EngineProtocol.Token>> alone = alone(engine);
            assertEquals(1, engine.stats().sequencesPerDecodeMax());
            List<List<EngineProtocol.Token>> together = together(engine);
            assertEquals(0, corrupted(alone, together));
            assertTrue(
                    engine.stats().sequencesPerDecodeMax() >= 4, engine.stats().toString());
            engine.awaitIdle();
        }
    }

    /** The check above would notice: here two sequences get each other's tokens. */
    @Test
    void aPlantedMixUpIsNoticed() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder, MixingDecoder::new)) {
            List<List<EngineProtocol.Token>> alone = alone(engine);
            assertNotEquals(0, corrupted(alone, together(engine)));
        }
    }
}
