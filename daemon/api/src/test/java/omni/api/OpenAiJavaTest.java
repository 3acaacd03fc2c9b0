package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import omni.bus.BusClient;
import omni.engine.EngineProtocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * OpenAI's own Java client against the daemon and the real engine, a process of its own, with the seed model. Each
 * response is validated by the client: every field that OpenAI requires is there, in its type.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OpenAiJavaTest {
    private static final String SUM = "What is 7 plus 5?";
    private static final String TWELVE = "7 plus 5 is 12.";

    private EngineProcess engine;
    private TestDaemon daemon;
    private OpenAIClient client;
    private BusClient bus;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new EngineProcess(home.resolve("engine"));
        daemon = new TestDaemon(home, engine.socket());
        bus = BusClient.to(engine.socket());
        client = client(TestDaemon.KEY);
    }

    @AfterAll
    void stop() {
        client.close();
        bus.close();
        daemon.close();
        engine.close();
    }

    @Test
    void chats() {
        assertTheSumIsAnswered();
    }

    private void assertTheSumIsAnswered() {
        var answer = client.chat().completions().create(ask(SUM).build()).validate();

        assertEquals(TWELVE, answer.choices().getFirst().message().content().orElseThrow());
        assertEquals("stop", answer.choices().getFirst().finishReason().asString());
        var usage = answer.usage().orElseThrow();
        assertEquals(16, usage.promptTokens());
        assertEquals(9, usage.completionTokens());
        assertEquals(25, usage.totalTokens());
    }

    @Test
    void streams() {
        var chunks = new ArrayList<ChatCompletionChunk>();
        var params = ask(SUM).streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (var stream = client.chat().completions().createStreaming(params)) {
            stream.stream().forEach(chunk -> chunks.add(chunk.validate()));
        }

        assertEquals(TWELVE, text(chunks));
        assertTrue(chunks.size() > 4, "one chunk for several tokens: " + chunks.size());
        assertEquals(25, chunks.getLast().usage().orElseThrow().totalTokens());
    }

    @Test
    void reportsTokens() {
        var answer = client.chat()
                .completions()
                .create(ask(SUM).logprobs(true).topLogprobs(2).build())
                .validate();

        var content =
                answer.choices().getFirst().logprobs().orElseThrow().content().orElseThrow();
        assertEquals(9, content.size());
        assertTrue(content.stream()
                .allMatch(token -> token.logprob() <= 0 && token.topLogprobs().size() == 2));
    }

    @Test
    void stopsWhereItIsTold() {
        var limited = client.chat()
                .completions()
                .create(ask("Count from 1 to 20.").maxCompletionTokens(5).build());
        assertEquals("length", limited.choices().getFirst().finishReason().asString());
        assertEquals(5, limited.usage().orElseThrow().completionTokens());

        var stopped = client.chat()
                .completions()
                .create(ask("Count from 1 to 20.").stop("7").build());
        var text = stopped.choices().getFirst().message().content().orElseThrow();
        assertTrue(text.contains("6") && !text.contains("7"), text);
        assertEquals("stop", stopped.choices().getFirst().finishReason().asString());
    }

    /** A form that the client makes a schema of and reads the answer as. */
    static final class Sum {
        public int result;
        public boolean certain;
    }

    @Test
    void answersInAGivenForm() {
        var answer = client.chat()
                .completions()
                .create(ask(SUM).maxCompletionTokens(100)
                        .responseFormat(Sum.class)
                        .build());
        assertEquals("stop", answer.choices().getFirst().finishReason().asString());
        assertTrue(answer.choices().getFirst().message().content().isPresent());

        var json = client.chat()
                .completions()
                .create(ask("Write JSON.")
                        .responseFormat(ResponseFormatJsonObject.builder().build())
                        .maxCompletionTokens(100)
                        .build());
        var text = json.choices().getFirst().message().content().orElseThrow();
        assertTrue(text.startsWith("{"), text);
    }

    private static ChatCompletionFunctionTool tool(String name, Map<String, String> parameters) {
        var properties = parameters.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> Map.of("type", entry.getValue())));
        return ChatCompletionFunctionTool.builder()
                .function(FunctionDefinition.builder()
                        .name(name)
                        .parameters(FunctionParameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .putAdditionalProperty("properties", JsonValue.from(properties))
                                .putAdditionalProperty("required", JsonValue.from(List.copyOf(parameters.keySet())))
                                .build())
                        .build())
                .build();
    }

    private ChatCompletionMessage answer(ChatCompletionCreateParams params, boolean streamed) {
        if (!streamed) {
            var choice = client.chat()
                    .completions()
                    .create(params)
                    .validate()
                    .choices()
                    .getFirst();
            assertEquals(
                    choice.message().toolCalls().isPresent() ? "tool_calls" : "stop",
                    choice.finishReason().asString());
            return choice.message();
        }
        var whole = ChatCompletionAccumulator.create();
        try (var stream = client.chat().completions().createStreaming(params)) {
            stream.stream().forEach(chunk -> whole.accumulate(chunk.validate()));
        }
        return whole.chatCompletion().choices().getFirst().message();
    }

    /** What an agent does: calls one after another, each with its result, and an answer; then again, behind all of that. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void callsToolsInALoop(boolean streamed) {
        var results = Map.of("get_weather", "sunny and 20 degrees", "send_message", "ok");
        var params = ask("Get the weather in Oslo and send it to Mara.")
                .addTool(tool("get_weather", Map.of("city", "string")))
                .addTool(tool("send_message", new TreeMap<>(Map.of("to", "string", "text", "string"))));
        var called = new ArrayList<String>();
        var said = new ArrayList<String>();
        while (said.size() < 2) {
            var message = answer(params.build(), streamed);
            params.addMessage(message);
            var calls = message.toolCalls().orElse(List.of());
            for (var call : calls) {
                var function = call.asFunction().function();
                called.add(function.name());
                params.addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.asFunction().id())
                        .content(results.getOrDefault(function.name(), ""))
                        .build());
            }
            assertTrue(called.size() <= 4, () -> "it goes on calling: " + called);
            if (calls.isEmpty()) {
                said.add(message.content().orElseThrow());
                params.addUserMessage("Get the weather in Rome and send it to Tom.");
            }
        }
        assertEquals(List.of("get_weather", "send_message", "get_weather", "send_message"), called);
        assertEquals(List.of("The message to Mara is sent.", "The message to Tom is sent."), said);
    }

    @Test
    void callsSideBySideAndWhatItIsForcedTo() {
        var weather = tool("get_weather", Map.of("city", "string"));
        var two = answer(
                ask("What is the weather in Oslo and in Rome?").addTool(weather).build(), false);
        assertEquals(
                List.of("{\"city\": \"Oslo\"}", "{\"city\": \"Rome\"}"),
                two.toolCalls().orElseThrow().stream()
                        .map(call -> call.asFunction().function().arguments())
                        .toList());
        var one = answer(
                ask("What is the weather in Oslo and in Rome?")
                        .addTool(weather)
                        .parallelToolCalls(false)
                        .build(),
                false);
        assertEquals(1, one.toolCalls().orElseThrow().size());
        var forced = answer(
                ask(SUM).addTool(weather)
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                        .build(),
                true);
        assertEquals(
                "get_weather",
                forced.toolCalls()
                        .orElseThrow()
                        .getFirst()
                        .asFunction()
                        .function()
                        .name());
        var none = answer(
                ask(SUM).addTool(weather)
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE)
                        .build(),
                false);
        assertEquals(TWELVE, none.content().orElseThrow());
    }

    @Test
    void continuesText() {
        var answer = client.completions()
                .create(CompletionCreateParams.builder()
                        .model("default")
                        .prompt("<|im_start|>user\n" + SUM + "<|im_end|>\n<|im_start|>assistant\n")
                        .temperature(0)
                        .build())
                .validate();

        assertEquals(TWELVE, answer.choices().getFirst().text());
    }

    @Test
    void listsModels() {
        var models = client.models().list().data();
        assertEquals(1, models.size());
        var one = client.models().retrieve(models.getFirst().id()).validate();
        assertEquals(models.getFirst().id(), one.id());
        assertThrows(NotFoundException.class, () -> client.models().retrieve("nothing"));
    }

    @Test
    void embeds() {
        var texts = List.of("Mara lives in Oslo.", "Mara lives in Rome.", "for i in range(10): print(i)");
        var answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("default")
                        .inputOfArrayOfStrings(texts)
                        .build())
                .validate();

        assertEquals(3, answer.data().size());
        var vectors = answer.data().stream().map(one -> one.embedding()).toList();
        assertTrue(vectors.stream().allMatch(vector -> vector.size() == 256));
        for (var vector : vectors) {
            assertEquals(1, dot(vector, vector), 1e-3);
        }
        assertTrue(dot(vectors.get(0), vectors.get(1)) > dot(vectors.get(0), vectors.get(2)));
        assertTrue(answer.usage().promptTokens() > 3);
    }

    @Test
    void isRefusedWithItsOwnExceptions() {
        var stranger = client("omni-wrong");
        assertThrows(UnauthorizedException.class, () -> stranger.models().list());
        stranger.close();
        var tooLong = assertThrows(
                BadRequestException.class,
                () -> client.chat()
                        .completions()
                        .create(ask("word ".repeat(10_000)).build()));
        assertEquals("context_length_exceeded", tooLong.code().orElse(""));
        assertTrue(String.valueOf(tooLong.getMessage()).contains("2048"), tooLong.getMessage());
    }

    @Test
    void leavingAStreamFreesItsSequence() {
        try (var stream = client.chat()
                .completions()
                .createStreaming(ask("Count from 1 to 20.").build())) {
            assertTrue(stream.stream().limit(3).count() > 0);
            assertEquals(1, sequences());
        }
        Await.until("the sequence is free", () -> sequences() == 0);
    }

    @Test
    void anEngineThatIsKilledIsAnErrorAndThenBack() throws Exception {
        var seen = new ArrayList<ChatCompletionChunk>();
        try (var stream = client.chat()
                .completions()
                .createStreaming(ask("Count from 1 to 20.").build())) {
            var chunks = stream.stream().iterator();
            seen.add(chunks.next());
            engine.kill();
            assertThrows(OpenAIException.class, () -> chunks.forEachRemaining(seen::add));
        }
        assertFalse(seen.isEmpty());
        var away =
                assertThrows(OpenAIServiceException.class, () -> client.models().list());
        assertEquals(503, away.statusCode());

        engine.again();
        assertTheSumIsAnswered();
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(daemon.url + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    private static ChatCompletionCreateParams.Builder ask(String question) {
        return ChatCompletionCreateParams.builder()
                .model("default")
                .addUserMessage(question)
                .temperature(0);
    }

    private static String text(List<ChatCompletionChunk> chunks) {
        return chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .map(choice -> choice.delta().content().orElse(""))
                .collect(Collectors.joining());
    }

    private long sequences() {
        return EngineProtocol.Client.of(bus).stats(new EngineProtocol.StatsParams()).models().stream()
                .mapToLong(EngineProtocol.ModelStats::sequences)
                .sum();
    }

    private static double dot(List<Float> a, List<Float> b) {
        var sum = 0.0;
        for (var i = 0; i < a.size(); i++) {
            sum += a.get(i) * b.get(i);
        }
        return sum;
    }
}
