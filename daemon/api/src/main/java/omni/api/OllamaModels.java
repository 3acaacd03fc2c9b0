package omni.api;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelStats;
import omni.engine.EngineProtocol.Sampling;
import omni.engine.EngineProtocol.ShowReply;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Models as Ollama's clients are told of them. Names have a tag there: one that has none gets {@code latest}. */
final class OllamaModels {
    private static final List<String> SIZES = List.of("", "K", "M", "B", "T");
    private static final double STEP = 1000;

    private OllamaModels() {}

    /** A model in the list of those there are. */
    static ObjectNode listed(Model model) {
        var node = named(model).put("modified_at", time(model));
        return described(node.put("size", model.sizeBytes()), model);
    }

    /**
     * A model in the list of those in memory.
     *
     * @param shown what is known of it; its size is reckoned by that, where it can be
     */
    static ObjectNode loaded(Model model, ShowReply shown, Optional<ModelStats> stats) {
        var fit = shown.fit();
        var size = fit == null ? model.sizeBytes() : fit.weightBytes() + fit.cacheBytes() + fit.computeBytes();
        var node = described(named(model).put("size", size), model);
        stats.ifPresent(known -> node.put("context_length", known.contextTokens()));
        return node;
    }

    /** All that is known of a model. */
    static ObjectNode shown(ShowReply shown) {
        var model = shown.model();
        var node = JsonNodeFactory.instance.objectNode();
        Optional.ofNullable(shown.details().licence()).ifPresent(licence -> node.put("license", licence));
        Optional.ofNullable(shown.details().parameters())
                .map(OllamaModels::parameters)
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> node.put("parameters", text));
        node.put("template", Optional.ofNullable(shown.template()).orElse(""));
        node.set("details", details(model));
        var info = node.putObject("model_info");
        Optional.ofNullable(model.parameters()).ifPresent(count -> info.put("general.parameter_count", count));
        Optional.ofNullable(model.architecture()).ifPresent(name -> {
            info.put("general.architecture", name);
            Optional.ofNullable(model.trainedContextTokens())
                    .ifPresent(count -> info.put(name + ".context_length", count));
            Optional.ofNullable(model.embeddingLength())
                    .ifPresent(count -> info.put(name + ".embedding_length", count));
        });
        node.putArray("capabilities").add(shown.embedder() ? "embedding" : "completion");
        return node.put("modified_at", time(model));
    }

    private static ObjectNode named(Model model) {
        var name = EngineLink.tagged(model.name());
        return JsonNodeFactory.instance.objectNode().put("name", name).put("model", name);
    }

    private static ObjectNode described(ObjectNode node, Model model) {
        node.put("digest", model.id());
        node.set("details", details(model));
        return node;
    }

    private static ObjectNode details(Model model) {
        var family = Optional.ofNullable(model.architecture()).orElse("");
        var node = JsonNodeFactory.instance
                .objectNode()
                .put("parent_model", "")
                .put("format", "gguf")
                .put("family", family);
        node.putArray("families").add(family);
        return node.put(
                        "parameter_size",
                        Optional.ofNullable(model.parameters())
                                .map(OllamaModels::size)
                                .orElse(""))
                .put(
                        "quantization_level",
                        Optional.ofNullable(model.quantization()).orElse(""));
    }

    /** The lines of a modelfile. */
    private static String parameters(Sampling sampling) {
        var lines = new StringBuilder();
        line(lines, "temperature", sampling.temperature());
        line(lines, "top_p", sampling.topP());
        line(lines, "top_k", sampling.topK());
        line(lines, "min_p", sampling.minP());
        line(lines, "seed", sampling.seed());
        return lines.toString().stripTrailing();
    }

    private static void line(StringBuilder lines, String name, @Nullable Number value) {
        if (value != null) {
            lines.append(name).append(' ').append(value).append('\n');
        }
    }

    /** As people say it: 494.0M, 7.6B. */
    static String size(long count) {
        var value = (double) count;
        var step = 0;
        while (value >= STEP && step < SIZES.size() - 1) {
            value /= STEP;
            step++;
        }
        return step == 0 ? Long.toString(count) : String.format(Locale.ROOT, "%.1f%s", value, SIZES.get(step));
    }

    private static String time(Model model) {
        return Instant.ofEpochSecond(model.created()).toString();
    }
}
