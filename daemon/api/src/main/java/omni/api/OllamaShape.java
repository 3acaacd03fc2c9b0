package omni.api;

import java.time.InstantSource;
import java.util.List;
import omni.api.Answers.Begun;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.Usage;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How an answer is written to Ollama's clients, whole or line by line.
 *
 * @param chat whether it is a message, else it is a response to a prompt
 * @param model as the client called it
 * @param logprobs whether tokens are reported
 */
record OllamaShape(boolean chat, String model, boolean logprobs, InstantSource clock) {
    private static final double NANOS_A_MILLI = 1e6;

    /** Some of the answer. */
    ObjectNode piece(String text, String thoughts, List<Said.Call> calls, List<Token> tokens) {
        var line = said(text, thoughts, calls);
        if (logprobs && !tokens.isEmpty()) {
            var reports = line.putArray("logprobs");
            tokens.forEach(token -> reports.add(Tokens.chat(token)));
        }
        return line.put("done", false);
    }

    /** The last line, whose text has been told. */
    ObjectNode last(GenerateReplyFinish finish, Usage usage, double loadMillis, long totalNanos) {
        var line = said("", "", List.of()).put("done", true).put("done_reason", finish.wire());
        return counts(line, usage, loadMillis, totalNanos);
    }

    /** The answer to a request that asks nothing; {@code why} is load or unload. */
    ObjectNode nothing(String why) {
        return said("", "", List.of()).put("done", true).put("done_reason", why);
    }

    /** Writes a whole answer, its tokens as they come: they are more than is kept. Returns the last reply. */
    GenerateReply whole(Begun begun, JsonGenerator out) {
        if (logprobs) {
            out.writeArrayPropertyStart("logprobs");
        }
        var said = new Said();
        GenerateReply reply;
        do {
            reply = begun.answer().next();
            begun.parser().accept(reply.text()).forEach(said::add);
            if (logprobs) {
                reply.tokens().forEach(token -> out.writeTree(Tokens.chat(token)));
            }
        } while (reply.finish() == null);
        begun.parser().finish().forEach(said::add);
        if (logprobs) {
            out.writeEndArray();
        }
        said(said.content(), said.reasoning(), said.calls())
                .properties()
                .forEach(field -> Spool.field(out, field.getKey(), field.getValue()));
        return reply;
    }

    /** Adds the counts, and the times in nanoseconds. */
    static ObjectNode counts(ObjectNode line, Usage usage, double loadMillis, long totalNanos) {
        return line.put("total_duration", totalNanos)
                .put("load_duration", nanos(loadMillis + usage.loadMillis()))
                .put("prompt_eval_count", usage.promptTokens())
                .put("prompt_eval_duration", nanos(usage.promptMillis()))
                .put("eval_count", usage.completionTokens())
                .put("eval_duration", nanos(usage.completionMillis()));
    }

    static long nanos(double millis) {
        return Math.round(millis * NANOS_A_MILLI);
    }

    /** A call that was cut short is not in it. */
    private ObjectNode said(String text, String thoughts, List<Said.Call> calls) {
        var line = JsonNodeFactory.instance
                .objectNode()
                .put("model", model)
                .put("created_at", clock.instant().toString());
        var message = chat ? line.putObject("message").put("role", "assistant") : line;
        message.put(chat ? "content" : "response", text);
        if (!thoughts.isEmpty()) {
            message.put("thinking", thoughts);
        }
        var whole = calls.stream().filter(call -> call.input().isPresent()).toList();
        if (!whole.isEmpty()) {
            var written = message.putArray("tool_calls");
            whole.forEach(call -> call(written.addObject(), call));
        }
        return line;
    }

    private static void call(ObjectNode out, Said.Call call) {
        var function = out.put("id", call.id()).putObject("function").put("name", call.function());
        call.input().ifPresent(input -> function.set("arguments", input));
    }
}
