package omni.api;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import omni.engine.EngineProtocol.Candidate;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.Usage;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Token reports and counts in OpenAI's shapes. */
final class Tokens {
    /** What OpenAI writes for a probability of nothing, which JSON's numbers cannot say. */
    private static final double LOGPROB_MIN = -9999;

    private Tokens() {}

    /** Chat's shape: {@code {"content":[{"token","logprob","bytes","top_logprobs":[…]}],"refusal":null}}. */
    static ObjectNode chat(List<Token> tokens) {
        var logprobs = JsonNodeFactory.instance.objectNode();
        var content = logprobs.putArray("content");
        tokens.forEach(token -> content.add(chat(token)));
        logprobs.putNull("refusal");
        return logprobs;
    }

    /** One token in chat's shape. */
    static ObjectNode chat(Token token) {
        var node = one(JsonNodeFactory.instance.objectNode(), token.bytes(), token.logprob());
        var top = node.putArray("top_logprobs");
        for (var candidate : token.top()) {
            one(top.addObject(), candidate.bytes(), candidate.logprob());
        }
        return node;
    }

    /**
     * The shape of text completions: parallel arrays.
     *
     * @param offset characters of the answer before the first of these tokens
     */
    static ObjectNode completion(List<Token> tokens, int offset) {
        var logprobs = JsonNodeFactory.instance.objectNode();
        var offsets = logprobs.putArray("text_offset");
        var values = logprobs.putArray("token_logprobs");
        var texts = logprobs.putArray("tokens");
        var tops = logprobs.putArray("top_logprobs");
        var at = offset;
        for (var token : tokens) {
            var text = text(token.bytes());
            offsets.add(at);
            at += text.length();
            values.add(finite(token.logprob()));
            texts.add(text);
            tops.add(top(token));
        }
        return logprobs;
    }

    /** A token's alternatives in the shape of text completions: text to probability. */
    static ObjectNode top(Token token) {
        var top = JsonNodeFactory.instance.objectNode();
        for (Candidate candidate : token.top()) {
            top.put(text(candidate.bytes()), finite(candidate.logprob()));
        }
        return top;
    }

    /** Characters that the tokens stand for, as {@link #completion} counts them. */
    static int characters(List<Token> tokens) {
        return tokens.stream().mapToInt(token -> text(token.bytes()).length()).sum();
    }

    /** The counts. */
    static ObjectNode usage(Usage usage) {
        var node = JsonNodeFactory.instance
                .objectNode()
                .put("prompt_tokens", usage.promptTokens())
                .put("completion_tokens", usage.completionTokens())
                .put("total_tokens", usage.promptTokens() + usage.completionTokens());
        node.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedTokens());
        return node;
    }

    /** How long an answer took, as llama.cpp's server says it, and how long it waited and its model took to load. */
    static ObjectNode timings(Usage usage) {
        var computed = usage.promptTokens() - usage.cachedTokens();
        var node = JsonNodeFactory.instance.objectNode().put("cache_n", usage.cachedTokens());
        pace(node, "prompt", computed, usage.promptMillis());
        pace(node, "predicted", usage.completionTokens(), usage.completionMillis());
        return node.put("queue_ms", usage.queueMillis()).put("load_ms", usage.loadMillis());
    }

    private static void pace(ObjectNode into, String what, long tokens, double millis) {
        into.put(what + "_n", tokens)
                .put(what + "_ms", millis)
                .put(what + "_per_token_ms", tokens == 0 ? 0 : millis / tokens)
                .put(what + "_per_second", millis <= 0 ? 0 : tokens * 1e3 / millis);
    }

    private static ObjectNode one(ObjectNode into, String base64, double logprob) {
        into.put("token", text(base64)).put("logprob", finite(logprob));
        var bytes = into.putArray("bytes");
        for (var b : Base64.getDecoder().decode(base64)) {
            bytes.add(b & 0xff);
        }
        return into;
    }

    /** A probability as JSON can say it. */
    static double finite(double logprob) {
        return Double.isFinite(logprob) ? logprob : LOGPROB_MIN;
    }

    /** The token's characters; of part of a character its bytes, written as OpenAI does: {@code bytes:\xe2\x82}. */
    static String text(String base64) {
        var bytes = Base64.getDecoder().decode(base64);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            var text = new StringBuilder("bytes:");
            for (var b : bytes) {
                text.append(String.format("\\x%02x", b & 0xff));
            }
            return text.toString();
        }
    }
}
