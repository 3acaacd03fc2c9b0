package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.NotFoundException;
import com.openai.models.conversations.Conversation;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.ConversationUpdateParams;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.conversations.items.ItemCreateParams;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.conversations.items.ItemListParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseIncludable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * OpenAI's own Java client through the whole of its Conversations API. It validates each response: every field that OpenAI
 * requires is there, in its type.
 */
final class ConversationWalk {
    private final OpenAIClient client;

    private ConversationWalk(OpenAIClient client) {
        this.client = client;
    }

    /** Goes through it with that daemon. */
    static void through(TestDaemon daemon) {
        var client = OpenAIOkHttpClient.builder()
                .baseUrl(daemon.url + "/v1")
                .apiKey(TestDaemon.KEY)
                .maxRetries(0)
                .build();
        try {
            var walk = new ConversationWalk(client);
            walk.createsUpdatesAndDeletes();
            walk.keepsItems();
            walk.pages();
        } finally {
            client.close();
        }
    }

    private void createsUpdatesAndDeletes() {
        var made = client.conversations()
                .create(ConversationCreateParams.builder()
                        .metadata(ConversationCreateParams.Metadata.builder()
                                .putAdditionalProperty("topic", JsonValue.from("birds"))
                                .build())
                        .addItem(message(EasyInputMessage.Role.USER, "Which bird is that?"))
                        .build())
                .validate();
        assertTrue(made.createdAt() > 1_600_000_000 && made.createdAt() < 10_000_000_000L, "not in seconds");
        assertEquals(Map.of("topic", "birds"), metadata(made));
        assertEquals(made, client.conversations().retrieve(made.id()).validate());

        var updated = client.conversations()
                .update(
                        made.id(),
                        ConversationUpdateParams.builder()
                                .metadata(ConversationUpdateParams.Metadata.builder()
                                        .putAdditionalProperty("topic", JsonValue.from("owls"))
                                        .build())
                                .build())
                .validate();
        assertEquals(Map.of("topic", "owls"), metadata(updated));
        assertEquals(made.createdAt(), updated.createdAt());

        var deleted = client.conversations().delete(made.id()).validate();
        assertEquals(made.id(), deleted.id());
        assertTrue(deleted.deleted());
        assertThrows(NotFoundException.class, () -> client.conversations().retrieve(made.id()));
        assertThrows(NotFoundException.class, () -> client.conversations().delete(made.id()));
    }

    private void keepsItems() {
        var id = client.conversations().create().validate().id();
        assertEquals(List.of(), client.conversations().items().list(id).data());
        var added = client.conversations()
                .items()
                .create(
                        id,
                        ItemCreateParams.builder()
                                .addInclude(ResponseIncludable.MESSAGE_OUTPUT_TEXT_LOGPROBS)
                                .addItem(message(EasyInputMessage.Role.DEVELOPER, "Be brief."))
                                .addItem(message(EasyInputMessage.Role.ASSISTANT, "An owl."))
                                .addItem(ResponseFunctionToolCall.builder()
                                        .callId("call_1")
                                        .name("look")
                                        .arguments("{}")
                                        .build())
                                .build())
                .validate();
        assertEquals(3, added.data().size());
        assertEquals(false, added.hasMore());
        var asked = added.data().getFirst().asMessage();
        assertEquals("developer", asked.role().asString());
        assertEquals("completed", asked.status().asString());
        assertEquals("Be brief.", asked.content().getFirst().asInputText().text());
        assertEquals(added.firstId(), asked.id());
        var answered = added.data().get(1).asMessage();
        assertEquals("An owl.", answered.content().getFirst().asOutputText().text());
        assertEquals("call_1", added.data().getLast().asFunctionCall().callId());
        assertEquals(
                added.lastId(), added.data().getLast().asFunctionCall().id().orElseThrow());

        assertEquals(added.data().getFirst(), retrieve(id, asked.id()).validate());
        var left = client.conversations()
                .items()
                .delete(
                        asked.id(),
                        ItemDeleteParams.builder().conversationId(id).build())
                .validate();
        assertEquals(id, left.id());
        assertThrows(NotFoundException.class, () -> retrieve(id, asked.id()));
    }

    private ConversationItem retrieve(String conversation, String item) {
        return client.conversations()
                .items()
                .retrieve(
                        item,
                        ItemRetrieveParams.builder()
                                .conversationId(conversation)
                                .build());
    }

    private void pages() {
        var id = client.conversations().create().id();
        var items = ItemCreateParams.builder();
        IntStream.range(0, 5).forEach(i -> items.addItem(message(EasyInputMessage.Role.USER, "message " + i)));
        client.conversations().items().create(id, items.build());

        assertEquals(List.of(0, 1, 2, 3, 4), numbers(id, ItemListParams.Order.ASC));
        assertEquals(List.of(4, 3, 2, 1, 0), numbers(id, ItemListParams.Order.DESC));
        var newest = client.conversations().items().list(id);
        newest.response().validate();
        assertEquals(false, newest.hasNextPage());
        assertTrue(text(newest.data().getFirst()).endsWith("4"), "not the newest first");
    }

    /** All of them, by pages of two. */
    private List<Integer> numbers(String id, ItemListParams.Order order) {
        var params = ItemListParams.builder()
                .limit(2)
                .order(order)
                .addInclude(ResponseIncludable.FILE_SEARCH_CALL_RESULTS)
                .build();
        return client.conversations().items().list(id, params).autoPager().stream()
                .map(item -> Integer.parseInt(text(item).substring("message ".length())))
                .toList();
    }

    private static String text(ConversationItem item) {
        return item.asMessage().content().getFirst().asInputText().text();
    }

    private static Map<?, ?> metadata(Conversation conversation) {
        return Objects.requireNonNull(conversation._metadata().convert(Map.class));
    }

    private static EasyInputMessage message(EasyInputMessage.Role role, String text) {
        return EasyInputMessage.builder().role(role).content(text).build();
    }
}
