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
import tools.jackson.databind.node.StringNode;

/** Text completions; a chunk has the same form as the whole. Counts characters, so it is for one thread. */
final class CompletionShape implements Shape {
    private final String id;
    private final long createdSeconds;
    private final String model;
    private final boolean logprobs;
    private final boolean counts;
    private final boolean timings;
    private int characters;

    /** As in {@link ChatShape}. */
    CompletionShape(String id, long createdSeconds, String model, boolean logprobs, boolean counts, boolean timings) {
        this.id = id;
        this.createdSeconds = createdSeconds;
        this.model = model;
        this.logprobs = logprobs;
        this.counts = counts;
        this.timings = timings;
    }

    @Override
    public Report report(JsonGenerator out) {
        out.writeStartObject();
        root().properties().forEach(field -> Spool.field(out, field.getKey(), field.getValue()));
        out.writeArrayPropertyStart("choices");
        out.writeStartObject();
        out.writeNumberProperty("index", 0);
        if (logprobs) {
            out.writeObjectPropertyStart("logprobs");
            out.writeArrayPropertyStart("top_logprobs");
        } else {
            out.writeNullProperty("logprobs");
        }
        return new Whole(out, logprobs, timings);
    }

    /**
     * The arrays of a report stand beside each other: the large one, the alternatives, is written as it comes; of the
     * others the text is kept.
     */
    private static final class Whole implements Report {
        private final JsonGenerator out;
        private final boolean logprobs;
        private final boolean timings;
        private final StringBuilder offsets = new StringBuilder();
        private final StringBuilder values = new StringBuilder();
        private final StringBuilder texts = new StringBuilder();
        private int characters;

        Whole(JsonGenerator out, boolean logprobs, boolean timings) {
            this.out = out;
            this.logprobs = logprobs;
            this.timings = timings;
        }

        @Override
        public void token(Token token) {
            if (!logprobs) {
                return;
            }
            var text = Tokens.text(token.bytes());
            var comma = offsets.isEmpty() ? "" : ",";
            offsets.append(comma).append(characters);
            values.append(comma).append(Tokens.finite(token.logprob()));
            texts.append(comma).append(StringNode.valueOf(text));
            characters += text.length();
            out.writeTree(Tokens.top(token));
        }

        @Override
        public void end(String text, GenerateReplyFinish finish, Usage usage) {
            if (logprobs) {
                out.writeEndArray();
                array("text_offset", offsets);
                array("token_logprobs", values);
                array("tokens", texts);
                out.writeEndObject();
            }
            out.writeStringProperty("text", text);
            out.writeStringProperty("finish_reason", finish.wire());
            out.writeEndObject();
            out.writeEndArray();
            Spool.field(out, "usage", Tokens.usage(usage));
            if (timings) {
                Spool.field(out, "timings", Tokens.timings(usage));
            }
            out.writeEndObject();
        }

        private void array(String name, StringBuilder elements) {
            out.writeName(name);
            out.writeRawValue("[" + elements + "]");
        }
    }

    @Override
    public Optional<ObjectNode> opening() {
        return Optional.empty();
    }

    @Override
    public List<ObjectNode> chunks(String text, List<Token> tokens) {
        return text.isEmpty() && tokens.isEmpty() ? List.of() : List.of(noted(choice(text, tokens, null)));
    }

    @Override
    public List<ObjectNode> closing(GenerateReplyFinish finish, Usage usage) {
        var last = noted(choice("", List.of(), finish.wire()));
        if (timings) {
            last.set("timings", Tokens.timings(usage));
        }
        return List.of(last);
    }

    @Override
    public ObjectNode counts(Usage usage) {
        var root = root();
        root.putArray("choices");
        root.set("usage", Tokens.usage(usage));
        return root;
    }

    private ObjectNode noted(ObjectNode chunk) {
        return counts ? chunk.putNull("usage") : chunk;
    }

    private ObjectNode choice(String text, List<Token> tokens, @Nullable String finish) {
        var root = root();
        var choice = root.putArray("choices").addObject().put("text", text).put("index", 0);
        choice.set("logprobs", logprobs && !tokens.isEmpty() ? Tokens.completion(tokens, characters) : null);
        choice.put("finish_reason", finish);
        characters += logprobs ? Tokens.characters(tokens) : 0;
        return root;
    }

    private ObjectNode root() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", createdSeconds)
                .put("model", model);
    }
}
