package omni.api;

import java.util.OptionalInt;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Usage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How an answer is written to Anthropic's clients, whole or as events: one message of one block of text.
 *
 * @param model the model's name
 * @param maxTokens as many as were asked for
 */
record MessageShape(String id, String model, OptionalInt maxTokens) {
    /** The event that begins a stream. */
    ObjectNode started(long promptTokens) {
        var event = event("message_start");
        var message = message();
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", usage(promptTokens, 0, 0));
        event.set("message", message);
        return event;
    }

    /** The event that begins the block. */
    ObjectNode blockStarted() {
        var event = event("content_block_start").put("index", 0);
        event.set("content_block", block(""));
        return event;
    }

    /** The event of some text. */
    ObjectNode piece(String text) {
        var event = event("content_block_delta").put("index", 0);
        event.putObject("delta").put("type", "text_delta").put("text", text);
        return event;
    }

    /** The event that ends the block. */
    ObjectNode blockStopped() {
        return event("content_block_stop").put("index", 0);
    }

    /** The event that tells why the message ends, and counts. */
    ObjectNode ended(GenerateReply last, Usage usage) {
        var event = event("message_delta");
        reason(event.putObject("delta"), last, usage);
        event.set("usage", usage(usage));
        return event;
    }

    /** The last event. */
    ObjectNode stopped() {
        return event("message_stop");
    }

    /** The whole message. */
    ObjectNode whole(String text, GenerateReply last, Usage usage) {
        var message = message();
        message.putArray("content").add(block(text));
        reason(message, last, usage);
        message.set("usage", usage(usage));
        return message;
    }

    private static ObjectNode event(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    private ObjectNode message() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model)
                .putNull("container")
                .putNull("stop_details");
    }

    private static ObjectNode block(String text) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "text")
                .put("text", text)
                .putNull("citations");
    }

    private void reason(ObjectNode into, GenerateReply last, Usage usage) {
        into.put("stop_reason", reason(last.finish(), last.stopped(), usage)).put("stop_sequence", last.stopped());
    }

    /** What is cut though it has fewer tokens than were asked for, fills the context, or has no time left. */
    private String reason(@Nullable GenerateReplyFinish finish, @Nullable String stopped, Usage usage) {
        if (stopped != null) {
            return "stop_sequence";
        }
        if (finish == GenerateReplyFinish.STOP) {
            return "end_turn";
        }
        return usage.completionTokens() >= maxTokens.orElse(0) ? "max_tokens" : "model_context_window_exceeded";
    }

    private static ObjectNode usage(Usage usage) {
        return usage(usage.promptTokens() - usage.cachedTokens(), usage.cachedTokens(), usage.completionTokens());
    }

    private static ObjectNode usage(long promptTokens, long cachedTokens, long completionTokens) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("input_tokens", promptTokens)
                .put("cache_creation_input_tokens", 0)
                .put("cache_read_input_tokens", cachedTokens)
                .put("output_tokens", completionTokens)
                .putNull("cache_creation")
                .putNull("server_tool_use")
                .putNull("service_tier");
    }
}
