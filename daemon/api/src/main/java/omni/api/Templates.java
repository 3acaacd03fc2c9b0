package omni.api;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import omni.dialogue.AnswerParser.Thoughts;
import omni.dialogue.ToolFormat;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.Model;
import omni.template.ChatTemplate;
import omni.template.TemplateException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Prompts from messages, by the chat template in the model's own file. Templates are compiled once a model id (which is
 * the hash of the file, so they never change) and the {@value #KEPT_MAX} last used are kept. Safe for use by many
 * threads; {@link #lock} guards the map. {@link #rendering} is held while a template runs: one at a time, in the order of
 * their coming, because a stranger's template may use as much memory as its bounds let it. The locks are never nested.
 */
final class Templates {
    private static final int KEPT_MAX = 8;

    private static final ObjectNode PROBE = probe();

    /** @param calls how the model writes calls; empty where that is not known */
    private record Compiled(ChatTemplate chat, EngineProtocol.ChatTemplate of, Optional<ToolFormat> calls) {
        Thoughts thoughts(String prompt) {
            if (!of.source().contains(ToolFormat.THOUGHTS)) {
                return Thoughts.NONE;
            }
            return prompt.stripTrailing().endsWith(ToolFormat.THOUGHTS) ? Thoughts.BEGUN : Thoughts.MARKED;
        }
    }

    /**
     * A prompt.
     *
     * @param thoughts how the answer to it begins
     * @param calls how the model writes calls; there where functions are offered
     * @param loadMillis that its model took to be in memory, where that was needed for it
     */
    record Prompt(String text, Thoughts thoughts, Optional<ToolFormat> calls, double loadMillis) {}

    private record Found(Compiled template, double loadMillis) {}

    private final EngineLink engine;
    private final Clock clock;
    private final boolean reorders;
    private final ReentrantLock lock = new ReentrantLock();
    final ReentrantLock rendering = new ReentrantLock(true);
    private final Map<String, Compiled> kept = new LinkedHashMap<>(KEPT_MAX * 2, 0.75f, true);

    /** {@code reorders} is whether lines that say what time it is go behind the others where a request does not say. */
    Templates(EngineLink engine, Clock clock, boolean reorders) {
        this.engine = engine;
        this.clock = clock;
        this.reorders = reorders;
    }

    /**
     * The prompt, up to where the assistant's answer begins.
     *
     * @throws ApiError TEMPLATE_REFUSED where the template will not have these messages, MODEL_UNUSABLE where it cannot
     *     be read, UNSUPPORTED_PARAMETER where functions are offered and it is not known how the model calls them,
     *     SERVER_STOPPING where the thread is interrupted while another renders
     */
    Prompt prompt(Model model, ArrayNode messages, Tools tools, Options options) {
        var found = compiled(model);
        var template = found.template();
        if (tools.offered() && template.calls().isEmpty()) {
            throw Options.unsupported(
                    "tools",
                    "It is not known how this model calls functions. Leave tools out, or choose another model.");
        }
        var variables = options.variables().deepCopy();
        var ordered = options.reorders().orElse(reorders) ? VolatileLines.last(messages) : messages;
        variables.set("messages", knowsDevelopers(template) ? ordered : withoutDevelopers(ordered));
        variables.set("tools", tools.offered() ? tools.given() : JsonNodeFactory.instance.nullNode());
        variables.put("add_generation_prompt", true);
        String prompt;
        try {
            prompt = rendered(template.chat(), template.of(), variables);
        } catch (TemplateException e) {
            throw translate(e);
        }
        var bos = template.of().bosToken();
        var doubled = template.of().addsBos() && !bos.isEmpty() && prompt.startsWith(bos);
        return new Prompt(
                doubled ? prompt.substring(bos.length()) : prompt,
                template.thoughts(prompt),
                template.calls(),
                found.loadMillis());
    }

    private String rendered(ChatTemplate chat, EngineProtocol.ChatTemplate of, ObjectNode variables) {
        variables.putIfAbsent("documents", JsonNodeFactory.instance.nullNode());
        variables.put("bos_token", of.bosToken());
        variables.put("eos_token", of.eosToken());
        try {
            rendering.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Answers.stoppingError();
        }
        try {
            return chat.render(variables, clock);
        } finally {
            rendering.unlock();
        }
    }

    /** How the model writes calls, from what its template writes of two that were made before. */
    private Optional<ToolFormat> calls(ChatTemplate chat, EngineProtocol.ChatTemplate of) {
        try {
            return ToolFormat.of(rendered(chat, of, PROBE.deepCopy()));
        } catch (TemplateException e) {
            return Optional.empty();
        }
    }

    private static ObjectNode probe() {
        var variables = JsonNodeFactory.instance.objectNode().put("add_generation_prompt", false);
        var messages = variables.putArray("messages");
        messages.addObject().put("role", "user").put("content", "?");
        var calls =
                messages.addObject().put("role", "assistant").put("content", "").putArray("tool_calls");
        for (var id : List.of("call00001", "call00002")) {
            var function =
                    calls.addObject().put("id", id).put("type", "function").putObject("function");
            function.put("name", ToolFormat.PROBE).putObject("arguments").put(ToolFormat.PROBE_ARGUMENT, 1);
        }
        var function =
                variables.putArray("tools").addObject().put("type", "function").putObject("function");
        var parameters =
                function.put("name", ToolFormat.PROBE).put("description", "").putObject("parameters");
        parameters.put("type", "object").putObject("properties").putObject(ToolFormat.PROBE_ARGUMENT);
        return variables;
    }

    private Found compiled(Model model) {
        lock.lock();
        try {
            var known = kept.get(model.id());
            if (known != null) {
                return new Found(known, 0);
            }
        } finally {
            lock.unlock();
        }
        var reply = engine.template(model);
        var template = reply.template();
        Compiled compiled;
        try {
            var chat = ChatTemplate.compile(template.source());
            compiled = new Compiled(chat, template, calls(chat, template));
        } catch (TemplateException e) {
            throw ApiError.of(
                    ErrorCode.MODEL_UNUSABLE, "The model's chat template cannot be read. Choose another model.", e);
        }
        lock.lock();
        try {
            kept.put(model.id(), compiled);
            if (kept.size() > KEPT_MAX) {
                kept.remove(kept.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
        return new Found(compiled, reply.loadMillis());
    }

    private static ApiError translate(TemplateException e) {
        return switch (e.kind()) {
            case RAISED ->
                ApiError.at(
                        "messages",
                        ErrorCode.TEMPLATE_REFUSED,
                        "The model's chat template refuses these messages: " + e.getMessage());
            case RUNTIME ->
                ApiError.at(
                        "messages",
                        ErrorCode.TEMPLATE_REFUSED,
                        "The model's chat template cannot write these messages. Check their roles and order.");
            case LIMIT ->
                ApiError.at(
                        "messages",
                        ErrorCode.TEMPLATE_REFUSED,
                        "The model's chat template needs more work for these messages than it may do. Send less.");
            case SYNTAX ->
                ApiError.of(
                        ErrorCode.MODEL_UNUSABLE, "The model's chat template cannot be read. Choose another model.", e);
        };
    }

    /** Whether the template has heard of the developer role, which is the newer name of the system role. */
    private static boolean knowsDevelopers(Compiled template) {
        return template.of().source().contains("developer");
    }

    private static ArrayNode withoutDevelopers(ArrayNode messages) {
        var plain = JsonNodeFactory.instance.arrayNode();
        for (var message : messages.values()) {
            if (message instanceof ObjectNode object
                    && object.path("role").asString("").equals("developer")) {
                plain.add(object.deepCopy().put("role", "system"));
            } else {
                plain.add(message);
            }
        }
        return plain;
    }
}
