package omni.api;

import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Usage;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a response is written, whole or as events, in the form of OpenAI's Responses API; its items are
 * {@link ResponseOutput}. Counts events, so it is for one thread.
 */
final class ResponseShape {
    private final String id;
    private final long createdSeconds;
    private final String model;
    private final ObjectNode echo;
    private int events;

    /** {@code echo} is what of the request is said again. */
    ResponseShape(String id, long createdSeconds, String model, ObjectNode echo) {
        this.id = id;
        this.createdSeconds = createdSeconds;
        this.model = model;
        this.echo = echo;
    }

    /** An event of that name; what it tells is the caller's to add. */
    ObjectNode event(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type).put("sequence_number", events++);
    }

    /** An event that tells of the response as it begins. */
    ObjectNode begun(String type) {
        var event = event(type);
        var response = root("in_progress");
        response.putNull("incomplete_details").putNull("usage").putArray("output");
        event.set("response", response);
        return event;
    }

    /** The event that ends a stream; {@code response} is the whole. */
    ObjectNode done(ObjectNode response) {
        var event = event("response." + response.path("status").asString());
        event.set("response", response);
        return event;
    }

    /** An error in the middle of a stream. */
    ObjectNode failed(ApiError error) {
        return event("error")
                .put("code", error.code().code())
                .put("message", error.text())
                .put("param", error.param().orElse(null));
    }

    /** The response without its output, as it is kept. */
    ObjectNode whole(GenerateReplyFinish finish, Usage usage) {
        var response = root(status(finish));
        switch (finish) {
            case STOP -> response.putNull("incomplete_details");
            case LENGTH -> response.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        response.set("usage", usage(usage));
        return response;
    }

    /** How an answer that ended like that is called. */
    static String status(GenerateReplyFinish finish) {
        return switch (finish) {
            case STOP -> "completed";
            case LENGTH -> "incomplete";
        };
    }

    private static ObjectNode usage(Usage usage) {
        var node = JsonNodeFactory.instance.objectNode().put("input_tokens", usage.promptTokens());
        node.putObject("input_tokens_details")
                .put("cached_tokens", usage.cachedTokens())
                .put("cache_write_tokens", 0);
        node.put("output_tokens", usage.completionTokens());
        node.putObject("output_tokens_details").put("reasoning_tokens", 0);
        return node.put("total_tokens", usage.promptTokens() + usage.completionTokens());
    }

    private ObjectNode root(String status) {
        var root = JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", "response")
                .put("created_at", createdSeconds)
                .put("status", status)
                .put("model", model);
        return root.setAll(echo.deepCopy());
    }
}
