package omni.api;

import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request gives to the model's chat template beside messages and tools. A template that does not read it does as it always does.
 *
 * <p>{@code enable_thinking} is what Qwen's templates and those after them read, {@code reasoning_effort} what gpt-oss's does.
 */
final class TemplateVariables {
    private static final String FIELD = "chat_template_kwargs";
    private static final String THINKS = "enable_thinking";
    private static final String EFFORT = "reasoning_effort";
    private static final String NO_EFFORT = "none";

    /** What is made of the request's other fields, and the functions that templates call. */
    private static final Set<String> TAKEN = Set.of(
            "messages",
            "tools",
            "add_generation_prompt",
            "bos_token",
            "eos_token",
            "raise_exception",
            "strftime_now",
            "namespace",
            "range",
            "dict",
            "cycler",
            "joiner",
            "lipsum");

    private TemplateVariables() {}

    /** None. */
    static ObjectNode none() {
        return JsonNodeFactory.instance.objectNode();
    }

    /**
     * What OpenAI's clients send: {@code reasoning_effort}, or {@code reasoning.effort} with responses; and what those of vLLM and llama.cpp
     * do: {@code chat_template_kwargs}, which goes over the other.
     *
     * @throws ApiError INVALID_VALUE where a variable has a name that is taken
     */
    static ObjectNode ofOpenAi(Fields body) {
        var variables = none();
        body.text(EFFORT)
                .or(() -> body.get("reasoning")
                        .filter(JsonNode::isObject) // of other routes it is none of ours
                        .flatMap(node -> Fields.object(node, "reasoning").text("effort")))
                .ifPresent(effort -> addEffort(variables, effort));
        body.object(FIELD).ifPresent(given -> {
            given.node().propertyNames().stream()
                    .filter(TAKEN::contains)
                    .findFirst()
                    .ifPresent(name -> {
                        throw ApiError.at(
                                given.at(name),
                                ErrorCode.INVALID_VALUE,
                                name
                                        + " is made of the request's other fields, or a function of templates. Leave it out here.");
                    });
            variables.setAll((ObjectNode) given.node());
        });
        return variables;
    }

    private static void addEffort(ObjectNode variables, String effort) {
        if (effort.equals(NO_EFFORT)) {
            variables.put(THINKS, false);
        } else {
            variables.put(EFFORT, effort);
        }
    }

    /** Ollama's {@code think}: whether, or how much. */
    static ObjectNode ofOllama(Optional<JsonNode> think) {
        var variables = none();
        think.ifPresent(given -> {
            variables.put(THINKS, !given.isBoolean() || given.booleanValue());
            given.stringValueOpt().ifPresent(effort -> variables.put(EFFORT, effort));
        });
        return variables;
    }

    /** Anthropic's {@code thinking}, where it is there. */
    static ObjectNode ofMessages(Optional<Fields> thinking) {
        var variables = none();
        thinking.ifPresent(
                given -> variables.put(THINKS, !given.requiredText("type").equals("disabled")));
        return variables;
    }
}
