package omni.api;

import java.util.function.Consumer;
import omni.dialogue.Delta;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The blocks of a message that is streamed: of thoughts, text, and a call each; one begins where another ends. For one thread. */
final class MessageBlocks {
    private final Consumer<ObjectNode> events;
    private Kind kind = Kind.NONE;
    private int index = -1;

    private enum Kind {
        NONE,
        THINKING,
        TEXT,
        CALL
    }

    /** {@code events} sends one. */
    MessageBlocks(Consumer<ObjectNode> events) {
        this.events = events;
    }

    void add(Delta delta) {
        switch (delta) {
            case Delta.Reasoning more -> {
                within(Kind.THINKING, thinking(""));
                delta("thinking_delta", "thinking", more.text());
            }
            case Delta.Content more -> {
                within(Kind.TEXT, text(""));
                delta("text_delta", "text", more.text());
            }
            case Delta.Call call -> {
                end();
                begin(Kind.CALL, call(Ids.call(), call.function(), JsonNodeFactory.instance.objectNode()));
            }
            case Delta.Arguments more -> delta("input_json_delta", "partial_json", more.text());
        }
    }

    private void within(Kind wanted, ObjectNode block) {
        if (kind != wanted) {
            end();
            begin(wanted, block);
        }
    }

    private void begin(Kind begun, ObjectNode block) {
        kind = begun;
        index++;
        var event = event("content_block_start");
        event.set("content_block", block);
        events.accept(event);
    }

    private void delta(String type, String field, String more) {
        var event = event("content_block_delta");
        event.putObject("delta").put("type", type).put(field, more);
        events.accept(event);
    }

    /** Ends the block that is open. */
    void end() {
        if (kind != Kind.NONE) {
            events.accept(event("content_block_stop"));
            kind = Kind.NONE;
        }
    }

    private ObjectNode event(String type) {
        return MessageShape.event(type).put("index", index);
    }

    /** Thoughts; they are not signed. */
    static ObjectNode thinking(String thoughts) {
        return MessageShape.event("thinking").put("thinking", thoughts).put("signature", "");
    }

    static ObjectNode text(String text) {
        return MessageShape.event("text").put("text", text).putNull("citations");
    }

    static ObjectNode call(String id, String function, JsonNode input) {
        var block = MessageShape.event("tool_use").put("id", id).put("name", function);
        block.set("input", input);
        return block;
    }
}
