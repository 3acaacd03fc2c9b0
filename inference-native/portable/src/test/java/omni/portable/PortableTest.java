package omni.portable;

import static omni.portable.Box.ask;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import omni.bus.ReplyStream;
import omni.engine.EngineProtocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The engine's interface over java-llama.cpp, with the seed model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PortableTest {
    private static final String SUM = "What is 7 plus 5?";
    private static final String COUNT = "Count from 1 to 20.";

    private Box box;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        box = new Box(folder);
    }

    @AfterAll
    void stop() {
        box.close();
        assertEquals(List.of(), Box.processes(), "the model's process has ended with the engine");
    }

    private List<Long> tokens(String text) {
        return box.client
                .tokenize(new EngineProtocol.TokenizeParams(null, text, true, false))
                .tokens();
    }

    @Test
    void chats() {
        EngineProtocol.GenerateReply reply = box.client.generate(ask(SUM, 50L));
        assertEquals("7 plus 5 is 12.", reply.text());
        assertEquals(EngineProtocol.GenerateReplyFinish.STOP, reply.finish());
        EngineProtocol.Usage usage = reply.usage();
        assertNotNull(usage);
        assertEquals(
                tokens("<|im_start|>user\n" + SUM + "<|im_end|>\n<|im_start|>assistant\n")
                        .size(),
                usage.promptTokens());
        assertEquals(tokens(reply.text()).size(), usage.completionTokens());
    }

    @Test
    void streams() {
        List<String> pieces = new ArrayList<>();
        try (ReplyStream<EngineProtocol.GenerateReply> replies = box.client.generateMore(ask(COUNT, 100L))) {
            while (replies.hasNext()) {
                EngineProtocol.GenerateReply reply = replies.next();
                pieces.add(reply.text());
                assertEquals(replies.hasNext(), reply.finish() == null);
                if (reply.finish() != null) {
                    assertEquals(EngineProtocol.GenerateReplyFinish.LENGTH, reply.finish());
                    assertEquals(100, reply.usage() == null ? 0 : reply.usage().completionTokens());
                }
            }
        }
        assertTrue(pieces.size() > 2, pieces.toString());
        assertTrue(String.join("", pieces).startsWith("1, 2, 3"), pieces.toString());
    }

    @Test
    void stopsAtAStopString() {
        EngineProtocol.GenerateReply reply = box.client.generate(ask(COUNT, 100L, "5"));
        assertEquals("1, 2, 3, 4, ", reply.text());
        assertEquals(EngineProtocol.GenerateReplyFinish.STOP, reply.finish());
    }

    @Test
    void embeds() {
        EngineProtocol.EmbedReply reply = box.client.embed(new EngineProtocol.EmbedParams(
                null, List.of("The cat sleeps.", "The cat sleeps.", "Paris is a city in France."), null));
        List<List<Double>> vectors = reply.embeddings().stream()
                .map(EngineProtocol.Embedding::vector)
                .toList();
        assertEquals(256, vectors.getFirst().size());
        assertEquals(1, dot(vectors.get(0), vectors.get(0)), 1e-5);
        assertEquals(vectors.get(0), vectors.get(1));
        assertTrue(dot(vectors.get(0), vectors.get(2)) < 0.999, "another text has another vector");
        int length = tokens("The cat sleeps.").size() * 2
                + tokens("Paris is a city in France.").size();
        assertEquals(length, reply.promptTokens());
    }

    private static double dot(List<Double> a, List<Double> b) {
        double sum = 0;
        for (int i = 0; i < a.size(); i++) {
            sum += a.get(i) * b.get(i);
        }
        return sum;
    }

    @Test
    void aCancelledAnswerEndsAndTheNextIsWhole() throws Exception {
        long before = completionTokens();
        try (ReplyStream<EngineProtocol.GenerateReply> replies = box.client.generateMore(ask(COUNT, null))) {
            assertFalse(replies.next().text().isEmpty());
        }
        assertEquals("7 plus 5 is 12.", box.client.generate(ask(SUM, 50L)).text());
        // Left alone, the model counts on for hundreds of tokens.
        assertTrue(completionTokens() - before < 200, "the answer was cut short");
    }

    private long completionTokens() {
        return box.client.stats(new EngineProtocol.StatsParams()).models().stream()
                .mapToLong(EngineProtocol.ModelStats::completionTokens)
                .sum();
    }

    @Test
    void tokensAndTextsAgree() {
        String text = "a\u0001\"\\\n\té€😀 <|im_end|>";
        List<Long> there = box.client
                .tokenize(new EngineProtocol.TokenizeParams(null, text, true, false))
                .tokens();
        assertEquals(
                text,
                box.client
                        .detokenize(new EngineProtocol.DetokenizeParams(null, there))
                        .text());
        assertThrows(
                EngineProtocol.Invalid.class,
                () -> box.client.detokenize(new EngineProtocol.DetokenizeParams(null, List.of(1L << 31))));
    }

    @Test
    void tellsWhichBindingRuns() throws Exception {
        box.client.generate(ask(SUM, 1L));
        EngineProtocol.Library library =
                box.client.stats(new EngineProtocol.StatsParams()).library();
        assertEquals("portable", library.natives());
        assertEquals(
                "llama-" + library.version().substring("java-llama.cpp ".length()) + ".jar",
                Box.jar().getFileName().toString());
        assertEquals("No native libraries of llama.cpp open here.", library.why());
        assertEquals(1, library.passedOver().size());
        assertFalse(library.vision());
    }

    @Test
    void theTemplateIsTheFiles() {
        EngineProtocol.ChatTemplate template =
                box.client.template(new EngineProtocol.TemplateParams(null)).template();
        assertTrue(template.source().contains("im_start"), template.source());
        assertEquals("<|im_end|>", template.eosToken());
    }

    @Test
    void whatItCannotDoIsRefused() {
        refused("tokens", Box.params(null, List.of(5L), 1L, true, null));
        refused("logprobs", Box.params("a", null, 1L, true, 0L));
        refused("prompt", Box.prompt("say <|im_end|>", 1L, false));
        refused("prompt", Box.prompt("a\0b", 1L, true));
        refused("prompt", Box.prompt("a".repeat((1 << 20) + 1), 1L, true));
        assertEquals(1, box.client.generate(Box.prompt("say im_end", 1L, false)).usage() == null ? 0 : 1);
        EngineProtocol.Invalid invalid = assertThrows(
                EngineProtocol.Invalid.class,
                () -> box.client.embed(new EngineProtocol.EmbedParams(null, List.of("a <|im_end|>"), null)));
        assertEquals("inputs", invalid.parameter());
    }

    private void refused(String parameter, EngineProtocol.GenerateParams params) {
        EngineProtocol.Invalid invalid = assertThrows(EngineProtocol.Invalid.class, () -> box.client.generate(params));
        assertEquals(parameter, invalid.parameter());
    }

    @Test
    void tooLongIsToldWithNumbers() {
        EngineProtocol.PromptTooLong prompt = assertThrows(
                EngineProtocol.PromptTooLong.class,
                () -> box.client.generate(Box.prompt("one ".repeat(20_000), 1L, true)));
        assertTrue(prompt.promptTokens() > prompt.contextTokens());
        EngineProtocol.PromptTooLong input = assertThrows(
                EngineProtocol.PromptTooLong.class,
                () -> box.client.embed(new EngineProtocol.EmbedParams(null, List.of("one ".repeat(513)), null)));
        assertEquals(512, input.contextTokens());
        assertEquals(
                1,
                box.client
                        .embed(new EngineProtocol.EmbedParams(null, List.of("one ".repeat(200)), null))
                        .embeddings()
                        .size());
    }

    @Test
    void aProcessThatEndsTakesItsRequestAndNoMore() throws Exception {
        try (ReplyStream<EngineProtocol.GenerateReply> replies = box.client.generateMore(ask(COUNT, null))) {
            assertNull(replies.next().finish());
            assertEquals(1, Box.processes().size());
            Box.processes().getFirst().destroyForcibly();
            assertThrows(EngineProtocol.Failed.class, () -> {
                while (replies.hasNext()) {
                    replies.next();
                }
            });
        }
        assertEquals("7 plus 5 is 12.", box.client.generate(ask(SUM, 50L)).text());
        assertEquals(1, Box.processes().size());
        assertEquals(
                1,
                Box.names(box.folder).stream()
                        .filter(name -> name.startsWith("portable-"))
                        .count(),
                "the dead process's socket is gone");
    }

    @Test
    void damageIsToldAsTheReason() throws Exception {
        Path damaged = box.folder.resolve("damaged.gguf");
        byte[] whole = Files.readAllBytes(Box.SEED);
        Files.write(damaged, java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThrows(
                EngineProtocol.Invalid.class,
                () -> box.client.import_(new EngineProtocol.ImportParams(
                        List.of(new EngineProtocol.ImportFile(damaged.toString(), null)),
                        "damaged",
                        null,
                        null,
                        null,
                        null)));
    }
}
