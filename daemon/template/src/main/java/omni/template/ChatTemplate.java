package omni.template;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A compiled chat template: turns the messages of a conversation into the prompt its model was trained on.
 *
 * <p>Immutable and safe for use by many threads at once.
 */
public final class ChatTemplate {
    private final List<Statement> statements;

    private ChatTemplate(List<Statement> statements) {
        this.statements = statements;
    }

    /**
     * Reads a template.
     *
     * @param source the text of a model file's {@code tokenizer.chat_template}
     * @return the template, ready to be rendered any number of times
     * @throws TemplateException of kind SYNTAX with the line, or LIMIT if the source is too long or nests too deeply
     */
    public static ChatTemplate compile(String source) {
        return new ChatTemplate(Parser.parse(source));
    }

    /**
     * Renders the template.
     *
     * @param variables a JSON object; its members are the template's variables: {@code messages}, {@code tools},
     *     {@code add_generation_prompt}, {@code bos_token}, {@code eos_token} and whatever else the template reads
     * @param clock what {@code strftime_now} reads, with its zone
     * @return the prompt
     * @throws TemplateException of kind RAISED, RUNTIME or LIMIT
     */
    public String render(JsonNode variables, Clock clock) {
        Rendering rendering = new Rendering(clock);
        try {
            Scope scope = new Scope();
            Globals.define(scope, rendering);
            for (Map.Entry<String, JsonNode> variable : variables.properties()) {
                scope.set(variable.getKey(), Json.value(variable.getValue(), rendering.budget()));
            }
            StringBuilder out = new StringBuilder();
            rendering.interpreter().run(statements, new Scope(scope), out);
            return out.toString();
        } catch (TemplateException e) {
            throw e.line() > 0 ? e : e.at(rendering.line());
        }
    }
}
