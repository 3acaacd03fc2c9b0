package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.dialogue.AnswerParser;
import omni.dialogue.Delta;
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
 * @param timings whether the end says how long it took
 * @param parser of this answer
 */
record ChatShape(
        String id,
        long createdSeconds,
        String model,
        boolean logprobs,
        boolean counts,
        boolean timings,
        AnswerParser parser)
        implements Shape {
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
        return new Whole(out, logprobs, timings, parser);
    }

    /** After the reports of tokens, which come first because they are not kept. */
    private record Whole(JsonGenerator out, boolean logprobs, boolean timings, AnswerParser parser) implements Report {
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
            var said = new Said();
            parser.accept(text).forEach(said::add);
            parser.finish().forEach(said::add);
            Spool.field(out, "message", message(said));
            out.writeStringProperty("finish_reason", reason(finish, parser));
            out.writeEndObject();
            out.writeEndArray();
            Spool.field(out, "usage", Tokens.usage(usage));
            if (timings) {
                Spool.field(out, "timings", Tokens.timings(usage));
            }
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

    private static ObjectNode message(Said said) {
        var message = JsonNodeFactory.instance.objectNode().put("role", "assistant");
        var calls = said.calls();
        message.put("content", said.content().isEmpty() && !calls.isEmpty() ? null : said.content());
        if (!said.reasoning().isEmpty()) {
            message.put("reasoning_content", said.reasoning());
        }
        message.putNull("refusal");
        if (!calls.isEmpty()) {
            var written = message.putArray("tool_calls");
            calls.forEach(call -> call(written.addObject(), call.id(), call.function(), call.arguments()));
        }
        return message;
    }

    private static void call(ObjectNode out, String id, String function, String arguments) {
        out.put("id", id).put("type", "function");
        out.putObject("function").put("name", function).put("arguments", arguments);
    }

    private static String reason(GenerateReplyFinish finish, AnswerParser parser) {
        return switch (finish) {
            case STOP -> parser.callsAreWhole() ? "tool_calls" : "stop";
            case LENGTH -> "length";
        };
    }

    /** The tokens stand in the first chunk; where they make no text yet, in one without. */
    @Override
    public List<ObjectNode> chunks(String text, List<Token> tokens) {
        var deltas = new ArrayList<ObjectNode>();
        parser.accept(text).forEach(delta -> deltas.add(delta(delta)));
        if (deltas.isEmpty() && !tokens.isEmpty()) {
            deltas.add(JsonNodeFactory.instance.objectNode().put("content", ""));
        }
        var chunks = new ArrayList<ObjectNode>();
        for (var delta : deltas) {
            chunks.add(chunk(delta, chunks.isEmpty() ? tokens : List.of(), null));
        }
        return chunks;
    }

    private static ObjectNode delta(Delta delta) {
        var out = JsonNodeFactory.instance.objectNode();
        switch (delta) {
            case Delta.Content more -> out.put("content", more.text());
            case Delta.Reasoning more -> out.put("reasoning_content", more.text());
            case Delta.Call call ->
                call(
                        out.putArray("tool_calls").addObject().put("index", call.index()),
                        Ids.call(),
                        call.function(),
                        "");
            case Delta.Arguments more ->
                out.putArray("tool_calls")
                        .addObject()
                        .put("index", more.index())
                        .putObject("function")
                        .put("arguments", more.text());
        }
        return out;
    }

    @Override
    public List<ObjectNode> closing(GenerateReplyFinish finish, Usage usage) {
        var chunks = new ArrayList<ObjectNode>();
        parser.finish().forEach(delta -> chunks.add(chunk(delta(delta), List.of(), null)));
        var last = chunk(JsonNodeFactory.instance.objectNode(), List.of(), reason(finish, parser));
        if (timings) {
            last.set("timings", Tokens.timings(usage));
        }
        chunks.add(last);
        return chunks;
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
