package omni.api;

import java.util.List;
import java.util.Optional;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.Usage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Text completions; a chunk has the same form as the whole. Counts characters, so it is for one thread. */
final class CompletionShape implements Shape {
    private final String id;
    private final long createdSeconds;
    private final String model;
    private final boolean logprobs;
    private final boolean counts;
    private int characters;

    /** As in {@link ChatShape}. */
    CompletionShape(String id, long createdSeconds, String model, boolean logprobs, boolean counts) {
        this.id = id;
        this.createdSeconds = createdSeconds;
        this.model = model;
        this.logprobs = logprobs;
        this.counts = counts;
    }

    @Override
    public ObjectNode whole(String text, List<Token> tokens, GenerateReplyFinish finish, Usage usage) {
        var root = choice(text, tokens, finish.wire());
        root.set("usage", Tokens.usage(usage));
        return root;
    }

    @Override
    public Optional<ObjectNode> opening() {
        return Optional.empty();
    }

    @Override
    public ObjectNode chunk(String text, List<Token> tokens) {
        return noted(choice(text, tokens, null));
    }

    @Override
    public ObjectNode closing(GenerateReplyFinish finish) {
        return noted(choice("", List.of(), finish.wire()));
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
