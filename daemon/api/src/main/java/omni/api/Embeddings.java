package omni.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Semaphore;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.EmbedParams;
import omni.engine.EngineProtocol.EmbedReply;
import omni.engine.EngineProtocol.Model;
import tools.jackson.core.JsonGenerator;

/**
 * Answers embeddings: asks the engine for a few vectors at a time and writes them before it asks for more, so that a
 * request for many large ones takes no more memory than one for few. Safe for use by many threads.
 */
final class Embeddings {
    /** Texts that the engine takes in one call. */
    static final int INPUTS_MAX = 64;

    /** Numbers of one reply of the engine: 60 bytes each while they are JSON, in each of the two processes. */
    static final int NUMBERS_MAX = 32 * 1024;

    /** Calls under way: the engine computes them one after another in any case. */
    private static final int CALLS_MAX = 4;

    private final Answers answers;
    private final EngineLink engine;
    private final Semaphore calls = new Semaphore(CALLS_MAX, true);

    /** Some vectors, as compact as they can be, and the tokens of their texts. */
    private record Vectors(List<float[]> rows, long tokens) {}

    Embeddings(Answers answers, EngineLink engine) {
        this.answers = answers;
        this.engine = engine;
    }

    /** Answers over HTTP. */
    void answer(Exchange exchange, EmbeddingRequest request) {
        var caller = Options.asking(exchange.caller(), request.priority());
        answers.supervised(exchange.wire()::watch, work -> {
            var model = work.step(() -> engine.resolve(request.model()));
            write(exchange.spool(), request, model, caller, work);
        });
    }

    private void write(Spool spool, EmbeddingRequest request, Model model, Caller caller, Work work) {
        var json = spool.json();
        json.writeStartObject();
        json.writeStringProperty("object", "list");
        json.writeStringProperty("model", model.name());
        json.writeArrayPropertyStart("data");
        var inputs = request.inputs();
        var step = inputsAtOnce(model);
        var index = 0;
        var tokens = 0L;
        while (index < inputs.size()) {
            var vectors = vectors(work, model, caller, inputs.subList(index, Math.min(index + step, inputs.size())));
            tokens += vectors.tokens();
            for (var row : vectors.rows()) {
                checkDimensions(request, row.length);
                write(json, index, row, request.base64());
                index++;
            }
        }
        json.writeEndArray();
        json.writeObjectPropertyStart("usage");
        json.writeNumberProperty("prompt_tokens", tokens);
        json.writeNumberProperty("total_tokens", tokens);
        json.writeEndObject();
        json.writeEndObject();
        spool.finish();
    }

    /** How many texts fit a call; where nobody knows how long the vectors are, as many as the engine takes. */
    static int inputsAtOnce(Model model) {
        var dimensions = model.embeddingLength();
        return dimensions == null ? INPUTS_MAX : Math.clamp(NUMBERS_MAX / Math.max(1, dimensions), 1, INPUTS_MAX);
    }

    private Vectors vectors(Work work, Model model, Caller caller, List<String> inputs) {
        work.step(this::takeCall);
        try {
            var answer = work.step(() -> engine.embed(new EmbedParams(model.id(), inputs, caller)));
            return work.read(answer, a -> compact(a.next(), inputs.size()));
        } finally {
            calls.release();
        }
    }

    private boolean takeCall() {
        try {
            calls.acquire();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Answers.stoppingError();
        }
    }

    private static Vectors compact(EmbedReply reply, int expected) {
        if (reply.embeddings().size() != expected) {
            throw ApiError.of(ErrorCode.INTERNAL_ERROR, "The engine answered another number of vectors than texts.");
        }
        var rows = reply.embeddings().stream()
                .map(embedding -> compact(embedding.vector()))
                .toList();
        return new Vectors(rows, reply.promptTokens());
    }

    private static float[] compact(List<Double> vector) {
        var row = new float[vector.size()];
        for (var i = 0; i < row.length; i++) {
            row[i] = vector.get(i).floatValue();
        }
        return row;
    }

    private static void checkDimensions(EmbeddingRequest request, int have) {
        if (request.dimensions().orElse(have) != have) {
            throw ApiError.at(
                    "dimensions",
                    ErrorCode.INVALID_VALUE,
                    "This model's vectors have " + have + " dimensions. Ask for that or leave it out.");
        }
    }

    private static void write(JsonGenerator json, int index, float[] vector, boolean base64) {
        json.writeStartObject();
        json.writeStringProperty("object", "embedding");
        json.writeNumberProperty("index", index);
        if (base64) {
            json.writeStringProperty("embedding", base64(vector));
        } else {
            json.writeArrayPropertyStart("embedding");
            for (var value : vector) {
                json.writeNumber(value);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static String base64(float[] vector) {
        var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var value : vector) {
            bytes.putFloat(value);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
