package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code POST /v1/completions}: a prompt that is continued as it stands, without a chat template.
 *
 * @param prompt the text, if that is how it came
 * @param tokens the tokens, if that is how it came; exactly one of the two is there
 */
record CompletionRequest(Options options, Optional<String> prompt, Optional<List<Long>> tokens) {
    /** OpenAI's default length of a completion. */
    static final int MAX_TOKENS_DEFAULT = 16;

    /**
     * Reads the body.
     *
     * @throws ApiError naming the field that is wrong, missing or not supported
     */
    static CompletionRequest read(Json.Body json) {
        var body = Fields.of(json.node());
        if (body.flag("echo")) {
            throw Options.unsupported("echo", "The prompt is not repeated in the answer. Leave echo out.");
        }
        body.text("suffix").filter(s -> !s.isEmpty()).ifPresent(_ -> {
            throw Options.unsupported("suffix", "Filling in before a suffix is not supported. Leave it out.");
        });
        body.integer("best_of", 1, Integer.MAX_VALUE).ifPresent(n -> {
            if (n != 1) {
                throw Options.unsupported("best_of", "Only one answer is made. Set best_of to 1 or leave it out.");
            }
        });
        var maxTokens = body.integer("max_tokens", 1, Integer.MAX_VALUE);
        var options = Options.read(
                body,
                OptionalInt.of(maxTokens.orElse(MAX_TOKENS_DEFAULT)),
                body.integer("logprobs", 0, Options.LOGPROBS_MAX),
                AnswerFormat.grammar(body));
        return prompt(options, body.get("prompt").orElseThrow(() -> Fields.missing("prompt")));
    }

    private static CompletionRequest prompt(Options options, JsonNode prompt) {
        if (prompt.isString()) {
            return new CompletionRequest(options, Optional.of(filled(prompt.stringValue())), Optional.empty());
        }
        if (!prompt.isArray()) {
            throw Fields.type("prompt", "a string or an array of tokens");
        }
        if (prompt.size() == 1 && prompt.get(0).isString()) {
            return new CompletionRequest(
                    options, Optional.of(filled(prompt.get(0).stringValue())), Optional.empty());
        }
        if (prompt.size() > 1 && prompt.values().stream().allMatch(JsonNode::isString)) {
            throw Options.unsupported("prompt", "Only one prompt a request is continued. Send several requests.");
        }
        if (prompt.isEmpty()) {
            throw ApiError.at("prompt", ErrorCode.INVALID_VALUE, "The prompt is empty. Write one.");
        }
        return new CompletionRequest(options, Optional.empty(), Optional.of(tokens(prompt, "prompt")));
    }

    /** The numbers of tokens in an array at that path. */
    static List<Long> tokens(JsonNode array, String path) {
        var tokens = new ArrayList<Long>();
        for (var i = 0; i < array.size(); i++) {
            if (!array.get(i).isIntegralNumber()
                    || !array.get(i).canConvertToInt()
                    || array.get(i).intValue() < 0) {
                throw Fields.type(path + "[" + i + "]", "a token's number");
            }
            tokens.add(array.get(i).longValue());
        }
        return List.copyOf(tokens);
    }

    private static String filled(String prompt) {
        if (prompt.isEmpty()) {
            throw ApiError.at("prompt", ErrorCode.INVALID_VALUE, "The prompt is empty. Write one.");
        }
        return prompt;
    }
}
