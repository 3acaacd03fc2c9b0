package omni.engine;

import static omni.engine.EngineFixture.ask;
import static omni.engine.EngineFixture.chat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import omni.bus.ReplyStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Text from the seed model, over the bus. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GenerateTest {
    private static final String SUM = "What is 7 plus 5?";
    private static final String COUNT = "Count from 1 to 20.";

    private EngineFixture engine;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        engine = new EngineFixture(folder);
    }

    @AfterAll
    void stop() {
        engine.close();
    }

    @Test
    void answersInOneReply() {
        EngineProtocol.GenerateReply reply = engine.client.generate(
                Ask.chat(SUM).maxTokens(50L).greedy().caller("00000000c01d").params());
        assertEquals("7 plus 5 is 12.", reply.text());
        assertEquals(EngineProtocol.GenerateReplyFinish.STOP, reply.finish());
        EngineProtocol.Usage usage = reply.usage();
        assertNotNull(usage);
        int prompt = engine.client
                .tokenize(new EngineProtocol.TokenizeParams(null, chat(SUM), true, true))
                .tokens()
                .size();
        assertEquals(prompt, usage.promptTokens());
        assertEquals(prompt, reply.promptTokens());
        assertNull(reply.stopped());
        int answer = engine.client
                .tokenize(new EngineProtocol.TokenizeParams(null, reply.text(), false, false))
                .tokens()
                .size();
        assertEquals(answer, usage.completionTokens());
        assertEquals(0, usage.cachedTokens());
        assertTrue(usage.promptMillis() > 0 && usage.completionMillis() > 0);
    }

    @Test
    void followsAGrammar() {
        String sum = engine.client
                .generate(Ask.chat(SUM)
                        .maxTokens(50L)
                        .greedy()
                        .grammar("root ::= \"It is \" [0-9]{1,2} \".\"")
                        .params())
                .text();
        assertTrue(sum.matches("It is [0-9]{1,2}\\."), sum);
        Ask drawn = Ask.chat(COUNT)
                .maxTokens(60L)
                .sampling(new EngineProtocol.Sampling(1.5, null, null, null, 7L, null))
                .grammar("root ::= \"[\" [0-9]+ ( \",\" [0-9]+ ){3} \"]\"");
        for (EngineProtocol.GenerateReply reply :
                List.of(engine.client.generate(drawn.params()), engine.client.generate(drawn.params()))) {
            boolean whole = reply.finish() == EngineProtocol.GenerateReplyFinish.STOP;
            assertTrue(reply.text().matches(whole ? "\\[[0-9]+(,[0-9]+){3}]" : "\\[[0-9,]*"), reply.text());
        }
    }

    @Test
    void followsAGrammarFromATriggerOn() {
        Ask ask = Ask.chat(SUM).maxTokens(50L).greedy().grammar("root ::= \" 50\" \"!\"");
        assertEquals(
                "7 plus 50!",
                engine.client
                        .generate(ask.grammarTriggers(List.of("never", "us", "is"))
                                .params())
                        .text());
        assertEquals(
                "7 plus 5 is 12.",
                engine.client
                        .generate(ask.grammarTriggers(List.of("never")).params())
                        .text());
        assertEquals(
                " 50!",
                engine.client.generate(ask.grammarTriggers(List.of()).params()).text());
    }

    @Test
    void whatAGrammarLeavesNothingToWriteForEndsAlone() {
        // A character that no token of this vocabulary begins with where one may begin.
        Ask nothing = Ask.chat(SUM).maxTokens(5L).greedy().grammar("root ::= [\\uE000] \"a\" [\\x01]");
        try {
            engine.client.generate(nothing.params());
        } catch (EngineProtocol.Invalid refused) {
            assertEquals("grammar", refused.parameter());
        }
        assertEquals("7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
    }

    @Test
    void streamsTheSameText() {
        List<EngineProtocol.GenerateReply> replies = new ArrayList<>();
        try (ReplyStream<EngineProtocol.GenerateReply> stream = engine.client.generateMore(ask(COUNT, 400L))) {
            stream.forEachRemaining(replies::add);
        }
        String whole = engine.client.generate(ask(COUNT, 400L)).text();
        StringBuilder joined = new StringBuilder();
        replies.forEach(reply -> joined.append(reply.text()));
        assertEquals(whole, joined.toString());
        assertTrue(replies.size() > 2, "only " + replies.size() + " replies");
        for (EngineProtocol.GenerateReply reply : replies.subList(0, replies.size() - 1)) {
            assertNull(reply.finish());
            assertNull(reply.usage());
            assertNull(reply.stopped());
        }
        assertEquals(
                engine.client
                        .countTokens(new EngineProtocol.CountTokensParams(null, chat(COUNT), true))
                        .tokens(),
                replies.getFirst().promptTokens());
        replies.stream().skip(1).forEach(reply -> assertNull(reply.promptTokens()));
        assertEquals(
                EngineProtocol.GenerateReplyFinish.LENGTH, replies.getLast().finish());
        assertNotNull(replies.getLast().usage());
        assertEquals(400, replies.getLast().usage().completionTokens());
    }

    @Test
    void takesTokensInPlaceOfText() {
        List<Long> tokens = engine.client
                .tokenize(new EngineProtocol.TokenizeParams(null, chat(SUM), true, true))
                .tokens();
        EngineProtocol.GenerateReply reply = engine.client.generate(
                Ask.tokens(tokens).model("default").maxTokens(50L).greedy().params());
        assertEquals("7 plus 5 is 12.", reply.text());
    }

    @Test
    void controlTokensInTextCountOnlyWhereAllowed() {
        EngineProtocol.TokenizeReply plain =
                engine.client.tokenize(new EngineProtocol.TokenizeParams(null, "<|im_end|>", false, false));
        EngineProtocol.TokenizeReply special =
                engine.client.tokenize(new EngineProtocol.TokenizeParams(null, "<|im_end|>", true, false));
        assertEquals(1, special.tokens().size());
        assertTrue(plain.tokens().size() > 1);
        assertEquals(
                "<|im_end|>",
                engine.client
                        .detokenize(new EngineProtocol.DetokenizeParams(null, plain.tokens()))
                        .text());
    }

    @Test
    void tokensAndTextTurnIntoEachOther() {
        String text = "Größe 🙂 of 12 foxes";
        List<Long> tokens = engine.client
                .tokenize(new EngineProtocol.TokenizeParams(null, text, false, false))
                .tokens();
        assertEquals(
                text,
                engine.client
                        .detokenize(new EngineProtocol.DetokenizeParams(null, tokens))
                        .text());
    }

    @Test
    void stopsAtAStringAcrossTokensAndLeavesItOut() {
        String all = engine.client.generate(ask(COUNT, 80L)).text();
        String stop = all.substring(all.indexOf('9') - 2, all.indexOf('9') + 3);
        int tokens = engine.client
                .tokenize(new EngineProtocol.TokenizeParams(null, stop, false, false))
                .tokens()
                .size();
        assertTrue(tokens > 1, "the stop string must lie across tokens");
        EngineProtocol.GenerateReply reply = engine.client.generate(ask(COUNT, 80L, "never there", stop));
        assertEquals(all.substring(0, all.indexOf(stop)), reply.text());
        assertEquals(stop, reply.stopped());
        assertEquals(EngineProtocol.GenerateReplyFinish.STOP, reply.finish());
        assertEquals(reply.text(), engine.streamed(ask(COUNT, 80L, stop)));
    }

    @Test
    void oneTokenIsOneToken() {
        EngineProtocol.GenerateReply reply = engine.client.generate(ask(COUNT, 1L));
        assertEquals(EngineProtocol.GenerateReplyFinish.LENGTH, reply.finish());
        assertNotNull(reply.usage());
        assertEquals(1, reply.usage().completionTokens());
    }

    @Test
    void sameSeedSameText() {
        String first = drawn(42);
        assertEquals(first, drawn(42));
        boolean differs = false;
        for (long seed = 1; seed < 20 && !differs; seed++) {
            differs = !drawn(seed).equals(first);
        }
        assertTrue(differs, "twenty seeds drew the same story");
    }

    private String drawn(long seed) {
        return engine.client
                .generate(Ask.chat("Tell me a story about a fox.")
                        .maxTokens(30L)
                        .sampling(hot(seed))
                        .params())
                .text();
    }

    private static EngineProtocol.Sampling hot(long seed) {
        return new EngineProtocol.Sampling(1.5, 1.0, 0L, 0.0, seed, null);
    }

    @Test
    void logprobsAreOrderedAndNoMoreThanOne() {
        EngineProtocol.GenerateReply reply = engine.client.generate(
                Ask.chat(SUM).maxTokens(50L).greedy().logprobs(20L).params());
        assertNotNull(reply.usage());
        assertEquals(reply.usage().completionTokens(), reply.tokens().size());
        StringBuilder text = new StringBuilder();
        for (EngineProtocol.Token token : reply.tokens()) {
            text.append(new String(Base64.getDecoder().decode(token.bytes()), StandardCharsets.UTF_8));
            assertEquals(20, token.top().size());
            double sum = 0;
            double before = 0;
            for (EngineProtocol.Candidate candidate : token.top()) {
                assertTrue(candidate.logprob() <= before);
                before = candidate.logprob();
                sum += Math.exp(candidate.logprob());
            }
            assertTrue(sum > 0.5 && sum <= 1 + 1e-6, "sum " + sum);
            assertEquals(token.token(), token.top().getFirst().token());
            assertEquals(token.logprob(), token.top().getFirst().logprob(), 1e-9);
        }
        assertEquals(reply.text(), text.toString());
    }

    @Test
    void withoutAlternativesTokensStillHaveTheirs() {
        EngineProtocol.GenerateReply reply = engine.client.generate(
                Ask.chat(SUM).maxTokens(5L).greedy().logprobs(0L).params());
        assertEquals(5, reply.tokens().size());
        assertTrue(reply.tokens().stream().allMatch(t -> t.top().isEmpty() && t.logprob() <= 0));
        assertTrue(engine.client.generate(ask(SUM, 5L)).tokens().isEmpty());
    }

    @Test
    void aPromptAsLongAsTheContextIsRefusedWithBothCounts() {
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < 2047; i++) {
            tokens.add(300L);
        }
        EngineProtocol.GenerateReply fits =
                engine.client.generate(Ask.tokens(tokens).greedy().params());
        assertEquals(EngineProtocol.GenerateReplyFinish.LENGTH, fits.finish());
        assertNotNull(fits.usage());
        assertEquals(1, fits.usage().completionTokens());
        tokens.add(300L);
        EngineProtocol.PromptTooLong refused = assertThrows(
                EngineProtocol.PromptTooLong.class,
                () -> engine.client.generate(Ask.tokens(tokens).greedy().params()));
        assertEquals(2048, refused.promptTokens());
        assertEquals(2048, refused.contextTokens());
    }

    @Test
    void aReaderThatLeavesFreesItsSequence() throws Exception {
        // With twenty alternatives a token the answer is more than socket and outbox hold: unread, it cannot end.
        EngineProtocol.GenerateParams endless = Ask.chat("Tell me a story.")
                .maxTokens(1500L)
                .sampling(hot(7))
                .logprobs(20L)
                .params();
        ReplyStream<EngineProtocol.GenerateReply> stream = engine.client.generateMore(endless);
        assertFalse(stream.next().tokens().isEmpty());
        long before = engine.stats().completionTokens();
        // The count is told after the decode call whose first token has come already.
        Await.until(EngineFixture.LONG, () -> engine.stats().sequences() == 1);
        stream.close();
        engine.awaitIdle();
        assertTrue(engine.stats().completionTokens() - before < 1000);
        assertEquals("7 plus 5 is 12.", engine.client.generate(ask(SUM, 50L)).text());
    }

    @Test
    void aPromptThatIsTooLongIsNotCounted() {
        String prompt = "word ".repeat(20_000);
        assertThrows(
                EngineProtocol.PromptTooLong.class,
                () -> engine.client.countTokens(new EngineProtocol.CountTokensParams(null, prompt, true)));
    }

    @Test
    void anUnknownModelIsNamedWithThoseThereAre() {
        EngineProtocol.NoSuchModel refused = assertThrows(
                EngineProtocol.NoSuchModel.class,
                () -> engine.client.generate(
                        Ask.prompt("x").model("nonesuch").maxTokens(1L).params()));
        assertEquals("nonesuch", refused.model());
        assertEquals(List.of("omni-seed-f16"), refused.available());
    }

    @Test
    void theTemplateIsTheModelsOwn() {
        EngineProtocol.ChatTemplate template =
                engine.client.template(new EngineProtocol.TemplateParams(null)).template();
        assertTrue(template.source().contains("<|im_start|>"));
        assertEquals("<|im_end|>", template.eosToken());
        assertFalse(template.addsBos());
        EngineProtocol.ShowReply shown = engine.client.show(new EngineProtocol.ShowParams(null, null));
        assertEquals(template.source(), shown.template());
        assertFalse(shown.embedder());
    }

    @Test
    void modelsAndStatsTellWhatIsThere() {
        engine.client.generate(ask(SUM, 1L));
        EngineProtocol.Model seed =
                engine.client.models(new EngineProtocol.ModelsParams()).models().getFirst();
        assertTrue(seed.seed() && seed.isDefault() && seed.loaded());
        assertEquals("llama", seed.architecture());
        assertEquals(2048L, seed.trainedContextTokens());
        assertEquals(256L, seed.embeddingLength());
        assertNotNull(seed.parameters());
        EngineProtocol.StatsReply stats = engine.client.stats(new EngineProtocol.StatsParams());
        assertTrue(
                stats.library().version().startsWith("llama.cpp v0.5.0"),
                stats.library().version());
        assertTrue(stats.library().backend().contains("cpu"), stats.library().backend());
        assertNotEquals(0, stats.models().getFirst().decodeCalls());
        assertEquals("loaded: omni-seed-f16", engine.note.get());
    }
}
