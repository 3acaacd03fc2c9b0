package omni.api;

import java.util.List;
import java.util.Optional;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.Usage;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Chat completions, {@code chat.completion} and {@code chat.completion.chunk}.
 *
 * @param createdSeconds since 1970
 * @param model the model's name
 * @param logprobs whether tokens are reported
 * @param counts whether a chunk of counts will follow; the others then say {@code "usage": null}
 */
record ChatShape(String id, long createdSeconds, String model, boolean logprobs, boolean counts) implements Shape {
    @Override
    public Report report(JsonGenerator out) {
        out.writeStartObject();
        root("chat.completion").properties().forEach(field -> Spool.field(out, field.getKey(), field.getValue()));
        out.writeArrayPropertyStart("choices");
        out.writeStartObject();
        out.writeNumberProperty("index", 0);
        if (logprobs) {
            out.writeObjectPropertyStart("logprobs");
            out.writeArrayPropertyStart("content");
        } else {
            out.writeNullProperty("logprobs");
        }
        return new Whole(out, logprobs);
    }

    /** After the reports of tokens, which come first because they are not kept. */
    private record Whole(JsonGenerator out, boolean logprobs) implements Report {
        @Override
        public void token(Token token) {
            if (logprobs) {
                out.writeTree(Tokens.chat(token));
            }
        }

        @Override
        public void end(String text, GenerateReplyFinish finish, Usage usage) {
            if (logprobs) {
                out.writeEndArray();
                out.writeNullProperty("refusal");
                out.writeEndObject();
            }
            out.writeObjectPropertyStart("message");
            out.writeStringProperty("role", "assistant");
            out.writeStringProperty("content", text);
            out.writeNullProperty("refusal");
            out.writeEndObject();
            out.writeStringProperty("finish_reason", finish.wire());
            out.writeEndObject();
            out.writeEndArray();
            Spool.field(out, "usage", Tokens.usage(usage));
            out.writeEndObject();
        }
    }

    @Override
    public Optional<ObjectNode> opening() {
        var delta = JsonNodeFactory.instance
                .objectNode()
                .put("role", "assistant")
                .put("content", "")
                .putNull("refusal");
        return Optional.of(chunk(delta, List.of(), null));
    }

    @Override
    public ObjectNode chunk(String text, List<Token> tokens) {
        return chunk(JsonNodeFactory.instance.objectNode().put("content", text), tokens, null);
    }

    @Override
    public ObjectNode closing(GenerateReplyFinish finish) {
        return chunk(JsonNodeFactory.instance.objectNode(), List.of(), finish.wire());
    }

    @Override
    public ObjectNode counts(Usage usage) {
        var root = root("chat.completion.chunk");
        root.putArray("choices");
        root.set("usage", Tokens.usage(usage));
        return root;
    }

    private ObjectNode chunk(ObjectNode delta, List<Token> tokens, @Nullable String finish) {
        var root = root("chat.completion.chunk");
        var choice = root.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.set("logprobs", tokens.isEmpty() ? null : reported(tokens));
        choice.put("finish_reason", finish);
        if (counts) {
            root.putNull("usage");
        }
        return root;
    }

    private @Nullable ObjectNode reported(List<Token> tokens) {
        return logprobs ? Tokens.chat(tokens) : null;
    }

    private ObjectNode root(String object) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", createdSeconds)
                .put("model", model);
    }
}
