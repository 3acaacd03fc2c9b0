package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** What each sampler does to the tokens of a real model, and the bounds of each, over the bus. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SamplersTest {
    private static final String SUM = "What is 7 plus 5?";
    private static final long MANY = 6;
    /** Enough for a token to be the best wherever nothing is said against it, and less than a penalty takes. */
    private static final String FAVOURED = "\"logitBias\":[{\"token\":500,\"bias\":50}]";

    private static final long TOKEN = 500;

    private EngineFixture engine;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        engine = new EngineFixture(folder);
    }

    @AfterAll
    void stop() {
        engine.close();
    }

    private static EngineProtocol.Sampling sampling(double temperature, long seed, String samplers) {
        return new EngineProtocol.Sampling(
                temperature,
                1.0,
                0L,
                0.0,
                seed,
                EngineProtocol.Samplers.fromJson(JsonMapper.shared().readTree("{" + samplers + "}"), "samplers"));
    }

    private List<Long> tokens(Ask ask, EngineProtocol.Sampling sampling) {
        return engine
                .client
                .generate(ask.maxTokens(MANY).logprobs(0L).sampling(sampling).params())
                .tokens()
                .stream()
                .map(EngineProtocol.Token::token)
                .toList();
    }

    private List<Long> greedy(String samplers) {
        return tokens(Ask.chat(SUM), sampling(0, 1, samplers));
    }

    private List<Long> drawn(long seed, String samplers) {
        return tokens(Ask.chat(SUM), sampling(1.5, seed, samplers));
    }

    private static long times(List<Long> tokens) {
        return tokens.stream().filter(token -> token == TOKEN).count();
    }

    /** How many texts twenty seeds draw. */
    private long variety(String samplers) {
        return IntStream.range(0, 20)
                .mapToObj(seed -> drawn(seed, samplers))
                .collect(Collectors.toSet())
                .size();
    }

    @Test
    void aBiasFavoursATokenAndNullRulesItOut() {
        assertEquals(MANY, times(greedy(FAVOURED)));
        long best = greedy("").getFirst();
        assertFalse(
                greedy("\"logitBias\":[{\"token\":" + best + ",\"bias\":null}]").contains(best));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"\"presencePenalty\":100", "\"frequencyPenalty\":100", "\"repeatPenalty\":100"})
    void whatWasSaidIsNotSaidAgain(String penalty) {
        assertEquals(1, times(greedy(FAVOURED + "," + penalty)));
        assertEquals(MANY, times(greedy(FAVOURED + "," + penalty + ",\"penaltyTokens\":0")), "looks back at none");
    }

    @Test
    void thePromptCountsForAPenalty() {
        Ask saidAlready = Ask.tokens(List.of(TOKEN, 300L));
        assertEquals(0, times(tokens(saidAlready, sampling(0, 1, FAVOURED + ",\"presencePenalty\":100"))));
        assertEquals(
                MANY / 2,
                times(tokens(saidAlready, sampling(0, 1, FAVOURED + ",\"presencePenalty\":100,\"penaltyTokens\":1"))),
                "of two tokens one is always out of sight");
    }

    /** Two may repeat, and then it costs more than the token is favoured by. */
    @Test
    void dryEndsARepetition() {
        assertTrue(times(greedy(FAVOURED + ",\"dryMultiplier\":100,\"dryAllowedLength\":1")) < MANY);
        assertEquals(MANY, times(greedy(FAVOURED + ",\"dryMultiplier\":100,\"dryAllowedLength\":100")));
    }

    /** What leaves only the best to choose from draws one text, whatever the seed. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"\"topNSigma\":0.001", "\"mirostat\":2,\"mirostatTau\":0", "\"mirostat\":1,\"mirostatTau\":0"})
    void aNarrowChoiceIsTheBest(String samplers) {
        assertEquals(greedy(""), drawn(1, samplers));
        assertEquals(1, variety(samplers));
        assertTrue(variety("") > 1);
    }

    @Test
    void typicalNarrows() {
        assertEquals(1, variety("\"typicalP\":0"));
    }

    @Test
    void mirostatDrawsWhereItMaySurprise() {
        assertTrue(variety("\"mirostat\":2,\"mirostatTau\":10") > 1);
        assertTrue(variety("\"mirostat\":1,\"mirostatTau\":30") > 1);
    }

    @Test
    void xtcLeavesOutTheBest() {
        assertNotEquals(greedy(""), greedy("\"xtcProbability\":1,\"xtcThreshold\":0"));
        assertEquals(greedy(""), greedy("\"xtcProbability\":0,\"xtcThreshold\":0"));
    }

    /** Between 0 and 3, by how sure the model is: with a flat exponent the text is another than at 1.5. */
    @Test
    void theTemperatureFollowsTheEntropy() {
        List<List<Long>> plain =
                IntStream.range(0, 20).mapToObj(seed -> drawn(seed, "")).toList();
        List<List<Long>> dynamic = IntStream.range(0, 20)
                .mapToObj(seed -> drawn(seed, "\"dynamicTemperatureRange\":1.5"))
                .toList();
        assertNotEquals(plain, dynamic);
    }

    @ParameterizedTest
    @CsvSource({
        "penaltyTokens, 0, 65536, -1, 65537",
        "repeatPenalty, 0.01, 100, 0.0099, 100.1",
        "frequencyPenalty, -100, 100, -100.1, 100.1",
        "presencePenalty, -100, 100, -100.1, 100.1",
        "dryMultiplier, 0, 1000, -0.1, 1000.1",
        "dryBase, 1, 100, 0.9, 100.1",
        "dryAllowedLength, 0, 65536, -1, 65537",
        "dryPenaltyTokens, 0, 65536, -1, 65537",
        "topNSigma, 0, 100, -0.1, 100.1",
        "typicalP, 0, 1, -0.1, 1.1",
        "xtcProbability, 0, 1, -0.1, 1.1",
        "xtcThreshold, 0, 1, -0.1, 1.1",
        "dynamicTemperatureRange, 0, 2, -0.1, 2.1",
        "dynamicTemperatureExponent, 0, 10, -0.1, 10.1",
        "mirostat, 0, 2, -1, 3",
        "mirostatTau, 0, 100, -0.1, 100.1",
        "mirostatEta, 0, 1, -0.1, 1.1"
    })
    void eachHasItsBounds(String name, String least, String most, String under, String over) {
        String others = ",\"dryMultiplier\":1,\"xtcProbability\":0.5,\"dynamicTemperatureRange\":1";
        for (String good : List.of(least, most)) {
            String rest = others.contains("\"" + name + "\"") ? "" : others;
            assertFalse(drawn(1, "\"" + name + "\":" + good + rest).isEmpty());
        }
        for (String bad : List.of(under, over)) {
            refused(name, "\"" + name + "\":" + bad);
        }
    }

    private void refused(String name, String samplers) {
        EngineProtocol.Invalid refused = assertThrows(EngineProtocol.Invalid.class, () -> greedy(samplers));
        assertEquals("sampling.samplers." + name, refused.parameter());
        assertTrue(refused.hint().length() > 10);
    }

    private static String biases(int count, String bias) {
        return "\"logitBias\":["
                + IntStream.range(0, count)
                        .mapToObj(token -> "{\"token\":" + token + ",\"bias\":" + bias + "}")
                        .collect(Collectors.joining(","))
                + "]";
    }

    @Test
    void biasesHaveTheirs() {
        assertFalse(greedy(biases(1024, "-1000")).isEmpty());
        refused("logitBias", biases(1025, "0"));
        refused("logitBias", biases(1, "1000.1"));
        refused("logitBias", biases(1, "-1000.1"));
        refused("logitBias", "\"logitBias\":[{\"token\":4096,\"bias\":1}]");
        refused("logitBias", "\"logitBias\":[{\"token\":-1,\"bias\":1}]");
        refused("logitBias", "\"logitBias\":[{\"token\":4294967300,\"bias\":1}]");
        refused("logitBias", "\"logitBias\":[{\"token\":7,\"bias\":1},{\"token\":7,\"bias\":2}]");
    }

    @Test
    void soHaveSequenceBreakers() {
        String dry = "\"dryMultiplier\":1,\"drySequenceBreakers\":";
        assertFalse(greedy(dry + Collections.nCopies(4, "\"" + "a".repeat(40) + "\""))
                .isEmpty());
        refused("drySequenceBreakers", dry + Collections.nCopies(5, "\"a\""));
        refused("drySequenceBreakers", dry + "[\"" + "a".repeat(41) + "\"]");
        refused("drySequenceBreakers", dry + "[\"\"]");
        refused("drySequenceBreakers", dry + "[\"é\"]");
    }
}
