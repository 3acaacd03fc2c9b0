package omni.device;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** Reads what the process for a Mac says. */
final class AppleAnswer {
    private AppleAnswer() {}

    static Finding<Apple> of(Finding<JsonNode> said) {
        return switch (said) {
            case Finding.Absent<JsonNode>(String why) -> new Finding.Absent<>(why);
            case Finding.Failed<JsonNode>(String why) -> new Finding.Failed<>(why);
            case Finding.Found<JsonNode>(JsonNode answer) -> new Finding.Found<>(read(answer));
        };
    }

    private static Apple read(JsonNode answer) {
        List<String> features = new ArrayList<>();
        answer.path("features").forEach(feature -> features.add(feature.asString("")));
        List<Gpu> gpus = new ArrayList<>();
        for (JsonNode gpu : answer.path("gpus")) {
            long total = gpu.path("workingSet").asLong(0);
            gpus.add(new Gpu(
                    gpu.path("name").asString(""),
                    "",
                    gpu.path("family").asString(""),
                    total,
                    OptionalLong.of(total - gpu.path("allocated").asLong(0)),
                    gpu.path("unified").asBoolean(false),
                    OptionalInt.empty(),
                    List.of()));
        }
        return new Apple(
                answer.path("processor").asString(""),
                answer.path("performanceCores").asInt(0),
                answer.path("efficiencyCores").asInt(0),
                List.copyOf(features),
                answer.path("memory").asLong(0),
                List.copyOf(gpus));
    }
}
