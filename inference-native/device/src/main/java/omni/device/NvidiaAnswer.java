package omni.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Puts together what the CUDA driver and NVML say; a GPU of both is known by its UUID. */
final class NvidiaAnswer {
    private NvidiaAnswer() {}

    static Finding<Nvidia> of(Finding<JsonNode> cuda, Finding<JsonNode> nvml) {
        return switch (cuda) {
            case Finding.Absent<JsonNode>(String why) -> new Finding.Absent<>(why);
            case Finding.Failed<JsonNode>(String why) -> new Finding.Failed<>(why);
            case Finding.Found<JsonNode>(JsonNode answer) -> new Finding.Found<>(join(answer, nvml));
        };
    }

    private static Nvidia join(JsonNode cuda, Finding<JsonNode> nvml) {
        Map<String, JsonNode> managed = new HashMap<>();
        String driver = "";
        String problem = "";
        switch (nvml) {
            case Finding.Absent<JsonNode>(String why) -> problem = why;
            case Finding.Failed<JsonNode>(String why) -> problem = why;
            case Finding.Found<JsonNode>(JsonNode answer) -> {
                driver = answer.path("driver").asString("");
                answer.path("gpus").forEach(gpu -> managed.put(gpu.path("id").asString(""), gpu));
            }
        }
        List<Gpu> gpus = new ArrayList<>();
        for (JsonNode gpu : cuda.path("gpus")) {
            gpus.add(gpu(gpu, managed.get(gpu.path("id").asString(""))));
        }
        int version = cuda.path("cuda").asInt(0);
        return new Nvidia(driver, version / 1000 + "." + version % 1000 / 10, List.copyOf(gpus), problem);
    }

    private static Gpu gpu(JsonNode cuda, @Nullable JsonNode nvml) {
        OptionalLong free = OptionalLong.empty();
        OptionalInt warm = OptionalInt.empty();
        List<String> throttling = new ArrayList<>();
        if (nvml != null) {
            free = nvml.has("free") ? OptionalLong.of(nvml.path("free").asLong(0)) : free;
            warm = nvml.has("celsius") ? OptionalInt.of(nvml.path("celsius").asInt(0) * 1000) : warm;
            nvml.path("throttling").forEach(reason -> throttling.add(reason.asString("")));
        }
        return new Gpu(
                cuda.path("name").asString(""),
                cuda.path("id").asString(""),
                cuda.path("capability").asString(""),
                cuda.path("total").asLong(0),
                free,
                cuda.path("integrated").asBoolean(false),
                warm,
                List.copyOf(throttling));
    }
}
