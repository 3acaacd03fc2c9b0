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
    private record Vectors(List<float[]> rows, long tokens, double loadMillis) {}

    /** How vectors are written: a dialect's response. */
    interface Shape {
        /** Begins it, up to the array of the vectors. */
        void begin(JsonGenerator json, String model);

        /** Writes a vector into the array; {@code index} counts from 0. */
        void vector(JsonGenerator json, int index, float[] vector);

        /** Ends the array and writes what stands behind it. */
        void end(JsonGenerator json, long tokens, double loadMillis);
    }

    Embeddings(Answers answers, EngineLink engine) {
        this.answers = answers;
        this.engine = engine;
    }

    /** Answers over HTTP. */
    void answer(Exchange exchange, EmbeddingRequest request) {
        answer(exchange, request, new OpenAiVectors(request.base64()));
    }

    /** Answers in that shape. */
    void answer(Exchange exchange, EmbeddingRequest request, Shape shape) {
        var caller = Options.asking(exchange.caller(), request.priority());
        answers.supervised(exchange.wire()::watch, work -> {
            var model = work.step(() -> engine.resolve(request.model(), exchange.rights()));
            exchange.model(model);
            write(exchange, request, shape, model, caller, work);
        });
    }

    private void write(
            Exchange exchange, EmbeddingRequest request, Shape shape, Model model, Caller caller, Work work) {
        var spool = exchange.spool();
        var json = spool.json();
        json.writeStartObject();
        shape.begin(json, model.name());
        var inputs = request.inputs();
        var step = inputsAtOnce(model);
        var index = 0;
        var tokens = 0L;
        var loadMillis = 0.0;
        while (index < inputs.size()) {
            var vectors = vectors(
                    work, model, caller, inputs.subList(index, Math.min(index + step, inputs.size())), request.field());
            exchange.spent(vectors.tokens());
            tokens += vectors.tokens();
            loadMillis += vectors.loadMillis();
            for (var row : vectors.rows()) {
                checkDimensions(request, row.length);
                shape.vector(json, index, row);
                index++;
            }
        }
        shape.end(json, tokens, loadMillis);
        json.writeEndObject();
        spool.finish();
        answers.metrics().embedded(model, caller, tokens);
    }

    /** How many texts fit a call; where nobody knows how long the vectors are, as many as the engine takes. */
    static int inputsAtOnce(Model model) {
        var dimensions = model.embeddingLength();
        return dimensions == null ? INPUTS_MAX : Math.clamp(NUMBERS_MAX / Math.max(1, dimensions), 1, INPUTS_MAX);
    }

    private Vectors vectors(Work work, Model model, Caller caller, List<String> inputs, String field) {
        work.step(this::takeCall);
        try {
            var answer = work.step(() -> engine.embed(new EmbedParams(model.id(), inputs, caller), field));
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
        return new Vectors(rows, reply.promptTokens(), reply.loadMillis());
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

    /** OpenAI's shape. */
    private record OpenAiVectors(boolean base64) implements Shape {
        @Override
        public void begin(JsonGenerator json, String model) {
            json.writeStringProperty("object", "list");
            json.writeStringProperty("model", model);
            json.writeArrayPropertyStart("data");
        }

        @Override
        public void vector(JsonGenerator json, int index, float[] vector) {
            json.writeStartObject();
            json.writeStringProperty("object", "embedding");
            json.writeNumberProperty("index", index);
            json.writeName("embedding");
            if (base64) {
                json.writeString(encoded(vector));
            } else {
                numbers(json, vector);
            }
            json.writeEndObject();
        }

        @Override
        public void end(JsonGenerator json, long tokens, double loadMillis) {
            json.writeEndArray();
            json.writeObjectPropertyStart("usage");
            json.writeNumberProperty("prompt_tokens", tokens);
            json.writeNumberProperty("total_tokens", tokens);
            json.writeEndObject();
        }
    }

    /** Writes an array of numbers. */
    static void numbers(JsonGenerator json, float[] vector) {
        json.writeStartArray();
        for (var value : vector) {
            json.writeNumber(value);
        }
        json.writeEndArray();
    }

    private static String encoded(float[] vector) {
        var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var value : vector) {
            bytes.putFloat(value);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
