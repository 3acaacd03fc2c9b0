package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every bound of a request, at it and one past it, over the bus. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParametersTest {
    private EngineFixture engine;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        engine = new EngineFixture(folder);
    }

    @AfterAll
    void stop() {
        engine.close();
    }

    private static EngineProtocol.GenerateParams request(
            long maxTokens, EngineProtocol.@Nullable Sampling sampling, List<String> stop, @Nullable Long logprobs) {
        return Ask.prompt("x")
                .maxTokens(maxTokens)
                .sampling(sampling)
                .stop(stop)
                .logprobs(logprobs)
                .params();
    }

    private static EngineProtocol.GenerateParams called(String key) {
        return Ask.prompt("x").maxTokens(1L).caller(key).params();
    }

    private static EngineProtocol.GenerateParams sampled(
            @Nullable Double temperature, @Nullable Double topP, @Nullable Long topK, @Nullable Double minP) {
        return request(1, new EngineProtocol.Sampling(temperature, topP, topK, minP, 1L, null), List.of(), null);
    }

    /** A text of control tokens, which llama.cpp reads in a time that grows with the square of their number. */
    private static EngineProtocol.TokenizeParams manySpecials(int count) {
        return new EngineProtocol.TokenizeParams(null, "<|im_end|>".repeat(count), true, false);
    }

    @Test
    void asManySpecialTokensAsTheBoundAreTokenized() {
        assertEquals(8192, engine.client.tokenize(manySpecials(8192)).tokens().size());
        EngineProtocol.Invalid refused =
                assertThrows(EngineProtocol.Invalid.class, () -> engine.client.tokenize(manySpecials(8193)));
        assertEquals("text", refused.parameter());
    }

    static Stream<Arguments> pastTheBound() {
        return Stream.of(
                Arguments.of("maxTokens", request(0, null, List.of(), null)),
                Arguments.of("logprobs", request(1, null, List.of(), 21L)),
                Arguments.of("logprobs", request(1, null, List.of(), -1L)),
                Arguments.of("stop", request(1, null, Collections.nCopies(17, "s"), null)),
                Arguments.of("stop", request(1, null, List.of("s".repeat(257)), null)),
                Arguments.of("stop", request(1, null, List.of(""), null)),
                Arguments.of("sampling.temperature", sampled(2.0000001, null, null, null)),
                Arguments.of("sampling.temperature", sampled(-0.0000001, null, null, null)),
                Arguments.of("sampling.topP", sampled(null, 1.0000001, null, null)),
                Arguments.of("sampling.topP", sampled(null, -0.0000001, null, null)),
                Arguments.of("sampling.topK", sampled(null, null, 1_000_001L, null)),
                Arguments.of("sampling.topK", sampled(null, null, -1L, null)),
                Arguments.of("sampling.minP", sampled(null, null, null, 1.0000001)),
                Arguments.of("sampling.minP", sampled(null, null, null, -0.0000001)),
                Arguments.of("prompt", Ask.nothing().maxTokens(1L).params()),
                Arguments.of(
                        "prompt",
                        Ask.prompt("x").andTokens(List.of(1L)).maxTokens(1L).params()),
                Arguments.of("prompt", Ask.prompt("").maxTokens(1L).params()),
                Arguments.of("prompt", Ask.tokens(List.of()).maxTokens(1L).params()),
                Arguments.of("tokens", Ask.tokens(List.of(4096L)).maxTokens(1L).params()),
                Arguments.of("tokens", Ask.tokens(List.of(-1L)).maxTokens(1L).params()),
                Arguments.of("deadlineMillis", Ask.prompt("x").deadlineMillis(0).params()),
                Arguments.of(
                        "deadlineMillis",
                        Ask.prompt("x").deadlineMillis(86_400_001).params()),
                Arguments.of("grammar", Ask.prompt("x").grammar("").params()),
                Arguments.of(
                        "grammar",
                        Ask.prompt("x")
                                .grammar("root ::= \"" + "a".repeat(262_144))
                                .params()),
                Arguments.of(
                        "grammar", Ask.prompt("x").grammar("root ::= other").params()),
                Arguments.of(
                        "grammar", Ask.prompt("x").grammar("main ::= \"a\"").params()),
                Arguments.of(
                        "grammarTriggers",
                        Ask.prompt("x").grammarTriggers(List.of("a")).params()),
                Arguments.of("grammarTriggers", triggered(List.of("a", "b", "c", "d", "e"))),
                Arguments.of("grammarTriggers", triggered(List.of(""))),
                Arguments.of("grammarTriggers", triggered(List.of("a".repeat(65)))),
                Arguments.of("caller.key", called("0123456789a")),
                Arguments.of("caller.key", called("0123456789abc")),
                Arguments.of("caller.key", called("0123456789AB")),
                Arguments.of("caller.key", called("owner")));
    }

    private static EngineProtocol.GenerateParams triggered(List<String> triggers) {
        return Ask.prompt("x")
                .grammar("root ::= \"a\"")
                .grammarTriggers(triggers)
                .params();
    }

    @ParameterizedTest
    @MethodSource
    void pastTheBound(String parameter, EngineProtocol.GenerateParams params) {
        EngineProtocol.Invalid refused =
                assertThrows(EngineProtocol.Invalid.class, () -> engine.client.generate(params));
        assertEquals(parameter, refused.parameter());
        assertTrue(refused.hint().length() > 10);
    }

    static Stream<EngineProtocol.GenerateParams> atTheBound() {
        return Stream.of(
                request(1, null, List.of(), 20L),
                request(1, null, Collections.nCopies(16, "s"), null),
                request(1, null, List.of("s".repeat(256)), null),
                sampled(2.0, null, null, null),
                sampled(0.0, null, null, null),
                sampled(null, 1.0, null, null),
                sampled(null, 0.0, null, null),
                sampled(null, null, 1_000_000L, null),
                sampled(null, null, 0L, null),
                sampled(null, null, null, 1.0),
                sampled(null, null, null, 0.0),
                Ask.tokens(List.of(4095L)).maxTokens(1L).params(),
                called("0123456789ab"),
                Ask.prompt("x").maxTokens(1L).deadlineMillis(86_400_000).params(),
                Ask.prompt("x")
                        .maxTokens(1L)
                        .sampling(new EngineProtocol.Sampling(null, null, null, null, Long.MIN_VALUE, null))
                        .params());
    }

    @ParameterizedTest
    @MethodSource
    void atTheBound(EngineProtocol.GenerateParams params) {
        EngineProtocol.Usage usage = engine.client.generate(params).usage();
        assertTrue(usage != null && usage.completionTokens() <= 1);
    }

    @Test
    void moreTokensThanAnyContextAreAsManyAsFit() {
        EngineProtocol.GenerateReply reply = engine.client.generate(Ask.tokens(Collections.nCopies(2040, 300L))
                .maxTokens(Long.MAX_VALUE)
                .greedy()
                .params());
        EngineProtocol.Usage usage = reply.usage();
        assertTrue(usage != null && usage.completionTokens() <= 8);
    }

    @Test
    void embeddingsAreBoundedToo() {
        refused("inputs", List.of());
        refused("inputs", Collections.nCopies(65, "x"));
        refused("inputs", List.of("x", ""));
        EngineProtocol.PromptTooLong refused = assertThrows(
                EngineProtocol.PromptTooLong.class,
                () -> engine.client.embed(new EngineProtocol.EmbedParams(null, List.of("1".repeat(2049)), null)));
        assertEquals(2049, refused.promptTokens());
        assertEquals(2048, refused.contextTokens());
    }

    @Test
    void aPromptOfTooManyBytesIsRefusedUncounted() {
        // No special token can be meant, and blanks do not count: 64 KiB of them are tokenized, and counted.
        EngineProtocol.PromptTooLong counted = tooLong(" ".repeat(1 << 16));
        assertEquals(false, counted.atLeast());
        int longest = longestToken();
        String over = "x".repeat(2048 * longest);
        EngineProtocol.PromptTooLong uncounted = tooLong(over);
        assertEquals(true, uncounted.atLeast());
        assertEquals(2048, uncounted.promptTokens());
        assertEquals(2048, uncounted.contextTokens());
        EngineProtocol.PromptTooLong below = tooLong(over.substring(longest));
        assertEquals(false, below.atLeast(), "one token less may be");
    }

    private EngineProtocol.PromptTooLong tooLong(String prompt) {
        return assertThrows(
                EngineProtocol.PromptTooLong.class,
                () -> engine.client.generate(
                        Ask.prompt(prompt).maxTokens(1L).greedy().params()));
    }

    /** The bytes of the longest token, by its text. */
    private int longestToken() {
        int longest = 4;
        long token = 0;
        while (true) {
            try {
                EngineProtocol.DetokenizeReply reply =
                        engine.client.detokenize(new EngineProtocol.DetokenizeParams(null, List.of(token)));
                token++;
                longest = Math.max(longest, reply.text().getBytes(StandardCharsets.UTF_8).length);
            } catch (EngineProtocol.Invalid end) {
                return longest;
            }
        }
    }

    @Test
    void reportsThatAreKeptAreBounded() {
        for (long tokens : List.of(GenerateRequest.REPORTS_MAX / 21L, GenerateRequest.REPORTS_MAX / 21L + 1)) {
            assertEquals(tokens * 21 <= GenerateRequest.REPORTS_MAX, GenerateRequest.fits(tokens, 20), "" + tokens);
        }
    }

    @Test
    void vectorsOfOneCallAreBounded() {
        EngineService.checkNumbers(64, 4096);
        EngineException.Invalid refused =
                assertThrows(EngineException.Invalid.class, () -> EngineService.checkNumbers(64, 4097));
        assertEquals("Give at most 63 inputs at once: this model's vectors are long.", refused.hint);
    }

    private void refused(String parameter, List<String> inputs) {
        EngineProtocol.Invalid refused = assertThrows(
                EngineProtocol.Invalid.class,
                () -> engine.client.embed(new EngineProtocol.EmbedParams(null, inputs, null)));
        assertEquals(parameter, refused.parameter());
    }
}
