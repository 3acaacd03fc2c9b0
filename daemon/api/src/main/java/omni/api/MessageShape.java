package omni.api;

import java.util.OptionalInt;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Usage;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How an answer is written to Anthropic's clients, whole or as events; what its blocks are is for {@link MessageBlocks}.
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

    /** The event that tells why the message ends, and counts; {@code calls} is whether there are some, all of them whole. */
    ObjectNode ended(GenerateReply last, boolean calls, Usage usage) {
        var event = event("message_delta");
        reason(event.putObject("delta"), last, calls, usage);
        event.set("usage", usage(usage));
        return event;
    }

    /** The last event. */
    ObjectNode stopped() {
        return event("message_stop");
    }

    /** The whole message. A call that was cut short is not in it; {@code calls} as above. */
    ObjectNode whole(Said said, GenerateReply last, boolean calls, Usage usage) {
        var message = message();
        var content = message.putArray("content");
        if (!said.reasoning().isEmpty()) {
            content.add(MessageBlocks.thinking(said.reasoning()));
        }
        if (!said.content().isEmpty()) {
            content.add(MessageBlocks.text(said.content()));
        }
        said.calls()
                .forEach(call -> call.input()
                        .ifPresent(input -> content.add(MessageBlocks.call(call.id(), call.function(), input))));
        reason(message, last, calls, usage);
        message.set("usage", usage(usage));
        return message;
    }

    static ObjectNode event(String type) {
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

    private void reason(ObjectNode into, GenerateReply last, boolean calls, Usage usage) {
        into.put("stop_reason", reason(last, calls, usage)).put("stop_sequence", last.stopped());
    }

    /** What is cut though it has fewer tokens than were asked for, fills the context, or has no time left. */
    private String reason(GenerateReply last, boolean calls, Usage usage) {
        if (last.stopped() != null) {
            return "stop_sequence";
        }
        if (last.finish() == GenerateReplyFinish.STOP) {
            return calls ? "tool_use" : "end_turn";
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
