package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import omni.bus.BusClient;
import omni.bus.RunDirectory;
import omni.engine.EngineProtocol;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Many chats at once through the HTTP API are each what they would have been alone. The same check one floor below, with
 * a planted mix-up that turns it red, is the engine's ConcurrencyTest.
 */
class ManyChatsTest {
    private static final int CHATS = 64;

    /** Closer than this, in logarithms, a batch may round to the other token. */
    private static final double GAP = 0.05;

    @Test
    void sixtyFourChatsAtOnceAreAnsweredAsAlone() throws Exception {
        try (var product = new Product()) {
            var request = Request.of(product.up().curl());
            List<Callable<List<JsonNode>>> chats = IntStream.range(0, CHATS)
                    .<Callable<List<JsonNode>>>mapToObj(i -> () -> tokens(request, "What is " + (10 + i) + " plus 5?"))
                    .toList();
            List<List<JsonNode>> alone = new ArrayList<>();
            for (Callable<List<JsonNode>> chat : chats) {
                alone.add(chat.call());
            }
            List<String> corrupted = new ArrayList<>();
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<List<JsonNode>>> together = threads.invokeAll(chats);
                for (int i = 0; i < CHATS; i++) {
                    if (isCorrupted(alone.get(i), together.get(i).get())) {
                        corrupted.add(
                                alone.get(i) + " became " + together.get(i).get());
                    }
                }
            }
            assertEquals(List.of(), corrupted);
            assertTrue(isCorrupted(alone.get(0), alone.get(1)), "the comparison is blind");
            try (var bus = BusClient.to(RunDirectory.socket(product.run, "engine"))) {
                var stats = EngineProtocol.Client.of(bus).stats(new EngineProtocol.StatsParams());
                assertTrue(stats.models().getFirst().sequencesPerDecodeMax() >= 4, stats::toString);
            }
        }
    }

    private static List<JsonNode> tokens(Request request, String question) throws IOException {
        var body = "{\"temperature\":0,\"max_tokens\":24,\"logprobs\":true,\"top_logprobs\":2,\"stream\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}";
        var answer = new Request(request.url(), request.key(), body).send();
        assertEquals(200, answer.status());
        assertEquals("[DONE]", answer.events().getLast());
        List<JsonNode> tokens = new ArrayList<>();
        for (var event : answer.events()) {
            if (event.startsWith("{")) {
                Product.json(event).at("/choices/0/logprobs/content").forEach(tokens::add);
            }
        }
        assertTrue(!tokens.isEmpty(), "no tokens came");
        return tokens;
    }

    /** Whether two answers differ at a token that was not a near tie in the first. */
    private static boolean isCorrupted(List<JsonNode> alone, List<JsonNode> together) {
        for (int at = 0; at < alone.size(); at++) {
            var expected = alone.get(at);
            if (at == together.size()
                    || !expected.path("token").equals(together.get(at).path("token"))) {
                var top = expected.path("top_logprobs");
                return top.path(0).path("logprob").asDouble()
                                - top.path(1).path("logprob").asDouble()
                        > GAP;
            }
        }
        return together.size() > alone.size();
    }
}
