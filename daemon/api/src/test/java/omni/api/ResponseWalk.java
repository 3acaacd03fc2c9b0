package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.inputitems.InputItemListParams;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import omni.engine.EngineProtocol.GenerateParams;

/**
 * OpenAI's own Java client through the Responses API, with a vault that is open. It validates each response; what the model was
 * told is what the engine got.
 */
final class ResponseWalk {
    private final OpenAIClient client;
    private final TestDaemon daemon;
    private final FakeEngine engine;

    private ResponseWalk(OpenAIClient client, TestDaemon daemon, FakeEngine engine) {
        this.client = client;
        this.daemon = daemon;
        this.engine = engine;
    }

    /** Goes through it with that daemon over that engine. */
    static void through(TestDaemon daemon, FakeEngine engine) throws Exception {
        var client = OpenAIOkHttpClient.builder()
                .baseUrl(daemon.url + "/v1")
                .apiKey(TestDaemon.KEY)
                .maxRetries(0)
                .build();
        try {
            var walk = new ResponseWalk(client, daemon, engine);
            walk.isKeptAndDeleted();
            walk.goesOn();
            walk.isPartOfAConversation();
            walk.goesOnApartFromAConversation();
            walk.streams();
            walk.leavesNothingWhereNotToBeKept();
        } finally {
            client.close();
        }
    }

    private static ResponseCreateParams.Builder ask(String text) {
        return ResponseCreateParams.builder().model("told").input(text);
    }

    private Response answer(ResponseCreateParams.Builder params) {
        return client.responses().create(params.build()).validate();
    }

    private void isKeptAndDeleted() throws Exception {
        var made = answer(ask("Which bird?").instructions("Be brief."));
        assertEquals("system: Be brief.\nuser: Which bird?\n", told());
        assertEquals(ResponseStatus.COMPLETED, made.status().orElseThrow());
        assertEquals(10, made.usage().orElseThrow().inputTokens());
        assertTrue(text(made).startsWith("heard "));
        assertTrue(TestDaemon.json(daemon.get("/v1/responses/" + made.id()))
                .get("store")
                .asBoolean());
        assertEquals(made, client.responses().retrieve(made.id()).validate());
        assertEquals(List.of("Which bird?"), input(made.id()));
        client.responses().delete(made.id());
        assertThrows(NotFoundException.class, () -> client.responses().retrieve(made.id()));
        assertThrows(NotFoundException.class, () -> input(made.id()));
        assertEquals(List.of(), conversationsWith("bird"));
    }

    private void goesOn() {
        var first = answer(ask("One?").instructions("Be brief."));
        var second = answer(ask("Two?").previousResponseId(first.id()));
        assertEquals("user: One?\nassistant: " + text(first) + "\nuser: Two?\n", told());
        assertEquals(first.id(), second.previousResponseId().orElseThrow());
        assertEquals(List.of("One?", text(first), "Two?"), input(second.id()));
        client.responses().delete(first.id());
        assertThrows(BadRequestException.class, () -> answer(ask("Three?").previousResponseId(second.id())));
    }

    private void isPartOfAConversation() {
        var conversation = client.conversations().create().id();
        answer(ask("Four?").conversation(conversation));
        var last = answer(ask("Five?").conversation(conversation));
        assertTrue(told().startsWith("user: Four?\nassistant: heard "), "it was not told what was said");
        assertEquals(conversation, last.conversation().orElseThrow().id());
        assertEquals(4, client.conversations().items().list(conversation).data().size());
        assertTrue(client.conversations().items().list(conversation).data().stream()
                .allMatch(ConversationItem::isMessage));
        client.conversations().delete(conversation);
        assertThrows(NotFoundException.class, () -> client.responses().retrieve(last.id()));
        assertThrows(NotFoundException.class, () -> answer(ask("Six?").conversation(conversation)));
    }

    private void goesOnApartFromAConversation() {
        var conversation = client.conversations().create().id();
        var named = answer(ask("Four?").conversation(conversation));
        var apart = answer(ask("Five?").previousResponseId(named.id()));
        assertEquals("user: Four?\nassistant: " + text(named) + "\nuser: Five?\n", told());
        assertTrue(apart.conversation().isEmpty());
        answer(ask("Six?").previousResponseId(apart.id()));
        assertEquals(2, client.conversations().items().list(conversation).data().size());
        answer(ask("Seven?").conversation(conversation));
        assertEquals("user: Four?\nassistant: " + text(named) + "\nuser: Seven?\n", told());

        assertEquals(List.of("Four?", text(named), "Five?"), input(apart.id()));
        client.conversations().delete(conversation);
        assertEquals(apart, client.responses().retrieve(apart.id()).validate());
        assertThrows(BadRequestException.class, () -> answer(ask("Eight?").previousResponseId(apart.id())));
    }

    private void streams() {
        var events = new ArrayList<ResponseStreamEvent>();
        var params =
                ResponseCreateParams.builder().model("three").input("Count.").build();
        try (var stream = client.responses().createStreaming(params)) {
            stream.stream().forEach(event -> events.add(event.validate()));
        }
        var done = events.getLast().asCompleted();
        assertEquals(events.size() - 1, done.sequenceNumber());
        assertTrue(events.getFirst().isCreated());
        assertEquals(
                "one two three",
                String.join(
                        "",
                        events.stream()
                                .flatMap(event -> event.outputTextDelta().stream())
                                .map(delta -> delta.delta())
                                .toList()));
        assertEquals("one two three", text(done.response()));
        assertEquals(
                done.response(),
                client.responses().retrieve(done.response().id()).validate());
    }

    private void leavesNothingWhereNotToBeKept() throws Exception {
        var kept = answer(ask("A kestrel?"));
        assertEquals(1, conversationsWith("kestrel").size(), "the control");
        var made = answer(ask("A wryneck?").previousResponseId(kept.id()).store(false));
        assertThrows(NotFoundException.class, () -> client.responses().retrieve(made.id()));
        assertEquals(List.of(), conversationsWith("wryneck"));
    }

    private List<String> conversationsWith(String word) throws Exception {
        return TestDaemon.json(daemon.get("/v1/conversations?q=" + word))
                .get("data")
                .valueStream()
                .map(hit -> hit.get("id").asString())
                .toList();
    }

    /** The prompt of the newest call. */
    private String told() {
        return String.valueOf(Stream.of(engine.asked.toArray(GenerateParams[]::new))
                .reduce((_, last) -> last)
                .orElseThrow()
                .prompt());
    }

    private List<String> input(String id) {
        var params = InputItemListParams.builder()
                .responseId(id)
                .limit(2)
                .order(InputItemListParams.Order.ASC)
                .build();
        return client.responses().inputItems().list(params).autoPager().stream()
                .map(ResponseWalk::text)
                .toList();
    }

    private static String text(ResponseItem item) {
        return item.isResponseOutputMessage()
                ? item.asResponseOutputMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text()
                : item.asResponseInputMessageItem()
                        .content()
                        .getFirst()
                        .asInputText()
                        .text();
    }

    private static String text(Response response) {
        return response.output()
                .getFirst()
                .asMessage()
                .content()
                .getFirst()
                .asOutputText()
                .text();
    }
}
