package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import omni.dialogue.Delta;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a response gives, an item after the other, in the form of OpenAI's Responses API: thoughts, a message, calls of functions. Tells
 * of each as events while it comes. For one thread.
 */
final class ResponseOutput {
    private static final String ADDED = "response.output_item.added";
    private static final String DONE = "response.output_item.done";

    private enum Kind {
        THOUGHTS("reasoning_text", "response.reasoning_text"),
        MESSAGE("output_text", "response.output_text"),
        CALL("", "response.function_call_arguments");

        /** Of the part that has its text; a call has none. */
        private final String part;

        private final String events;

        Kind(String part, String events) {
            this.part = part;
            this.events = events;
        }
    }

    /** An item that is not at its end. */
    private record Open(Kind kind, String id, String callId, String function, StringBuilder text) {
        static Open of(Kind kind, String function) {
            return new Open(kind, Ids.message(), Ids.call(), function, new StringBuilder());
        }
    }

    private final ResponseShape shape;
    private final Consumer<ObjectNode> events;
    private final List<ObjectNode> items = new ArrayList<>();
    private Optional<Open> open = Optional.empty();

    /** Events are numbered by that shape. */
    ResponseOutput(ResponseShape shape, Consumer<ObjectNode> events) {
        this.shape = shape;
        this.events = events;
    }

    /** Some more of the answer. */
    void add(Delta delta) {
        switch (delta) {
            case Delta.Content more -> text(in(Kind.MESSAGE), more.text());
            case Delta.Reasoning more -> text(in(Kind.THOUGHTS), more.text());
            case Delta.Call call -> begin(Open.of(Kind.CALL, call.function()));
            case Delta.Arguments more -> text(in(Kind.CALL), more.text());
        }
    }

    /** All items, where this was the end; an answer of nothing is a message without a text. */
    List<ObjectNode> finish(GenerateReplyFinish finish) {
        if (items.isEmpty() && open.isEmpty()) {
            in(Kind.MESSAGE);
        }
        close(ResponseShape.status(finish));
        return List.copyOf(items);
    }

    private Open in(Kind kind) {
        return open.filter(item -> item.kind() == kind).orElseGet(() -> begin(Open.of(kind, "")));
    }

    private Open begin(Open item) {
        close("completed");
        open = Optional.of(item);
        var added = shape.event(ADDED).put("output_index", items.size());
        added.set("item", json(item, "in_progress", false));
        events.accept(added);
        if (item.kind() != Kind.CALL) {
            var part = about(item, "response.content_part.added");
            part.set("part", part(item.kind(), ""));
            events.accept(part);
        }
        return item;
    }

    private void text(Open item, String more) {
        if (more.isEmpty()) {
            return;
        }
        item.text().append(more);
        events.accept(logged(item, about(item, item.kind().events + ".delta").put("delta", more)));
    }

    private void close(String status) {
        if (open.isEmpty()) {
            return;
        }
        var item = open.get();
        open = Optional.empty();
        var text = item.text().toString();
        var done = about(item, item.kind().events + ".done");
        if (item.kind() == Kind.CALL) {
            events.accept(done.put("name", item.function()).put("arguments", text));
        } else {
            events.accept(logged(item, done.put("text", text)));
            var part = about(item, "response.content_part.done");
            part.set("part", part(item.kind(), text));
            events.accept(part);
        }
        var whole = json(item, isCut(item) ? "incomplete" : status, true);
        var ended = shape.event(DONE).put("output_index", items.size());
        ended.set("item", whole);
        events.accept(ended);
        items.add(whole);
    }

    /** Whether it is a call whose arguments are no object: the answer was stopped within them, or they were written wrong. */
    private static boolean isCut(Open item) {
        try {
            return item.kind() == Kind.CALL
                    && !JsonMapper.shared().readTree(item.text().toString()).isObject();
        } catch (JacksonException e) {
            return true;
        }
    }

    /** OpenAI's clients hold a text without a list of its tokens to be malformed. */
    private static ObjectNode logged(Open item, ObjectNode event) {
        if (item.kind() == Kind.MESSAGE) {
            event.putArray("logprobs");
        }
        return event;
    }

    private ObjectNode about(Open item, String type) {
        var event = shape.event(type).put("item_id", item.id()).put("output_index", items.size());
        return item.kind() == Kind.CALL ? event : event.put("content_index", 0);
    }

    private static ObjectNode json(Open item, String status, boolean whole) {
        var json = JsonNodeFactory.instance.objectNode().put("id", item.id());
        var text = whole ? item.text().toString() : "";
        switch (item.kind()) {
            case CALL ->
                json.put("type", "function_call")
                        .put("status", status)
                        .put("call_id", item.callId())
                        .put("name", item.function())
                        .put("arguments", text);
            case MESSAGE -> {
                json.put("type", "message").put("status", status).put("role", "assistant");
                parts(json, item.kind(), text, whole);
            }
            case THOUGHTS -> {
                json.put("type", "reasoning").put("status", status).putArray("summary");
                parts(json, item.kind(), text, whole);
            }
        }
        return json;
    }

    private static void parts(ObjectNode json, Kind kind, String text, boolean whole) {
        var parts = json.putArray("content");
        if (whole) {
            parts.add(part(kind, text));
        }
    }

    private static ObjectNode part(Kind kind, String text) {
        var part = JsonNodeFactory.instance.objectNode().put("type", kind.part).put("text", text);
        if (kind == Kind.MESSAGE) {
            part.putArray("annotations");
            part.putArray("logprobs");
        }
        return part;
    }
}
