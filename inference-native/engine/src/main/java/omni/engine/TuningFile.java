package omni.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.engine.Tuning.Choice;
import omni.engine.Tuning.Knob;
import omni.engine.Tuning.Origin;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What was measured of a model, kept in {@code $OMNI_HOME/tuning/<id>.json} with what it was measured on. Another
 * hardware, another release or another format makes it worthless, and so does any damage: then it is measured again.
 *
 * @param fingerprint of the hardware
 * @param release of llama.cpp, with the natives' backends
 * @param measuredAt seconds since 1970
 * @param measured the choices that were measured
 * @param trials what was measured
 */
record TuningFile(
        String fingerprint, String release, long measuredAt, Map<Knob, Choice> measured, List<Sweep.Trial> trials) {
    private static final int FORMAT = 2;
    private static final int BYTES_MAX = 256 << 10;

    private static Path path(Path folder, String model) {
        return folder.resolve(model + ".json");
    }

    /** Returns what is kept of a model, where it was measured on the same hardware and release. */
    static Optional<TuningFile> read(Path folder, String model, String fingerprint, String release) {
        Path file = path(folder, model);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > BYTES_MAX) {
                return Optional.empty();
            }
            JsonNode node = JsonMapper.shared().readTree(Files.readAllBytes(file));
            return node.path("format").asInt(0) == FORMAT
                            && node.path("fingerprint").asString("").equals(fingerprint)
                            && node.path("release").asString("").equals(release)
                    ? Optional.of(of(node))
                    : Optional.empty();
        } catch (IOException | JacksonException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static TuningFile of(JsonNode node) {
        Map<Knob, Choice> measured = new LinkedHashMap<>();
        for (JsonNode choice : node.path("choices")) {
            String value = choice.path("value").asString("");
            Knob knob = Knob.valueOf(choice.path("knob").asString(""));
            check(knob, value);
            measured.put(
                    knob, new Choice(value, Origin.MEASURED, choice.path("why").asString("")));
        }
        List<Sweep.Trial> trials = new ArrayList<>();
        for (JsonNode trial : node.path("trials")) {
            trials.add(new Sweep.Trial(
                    Knob.valueOf(trial.path("knob").asString("")),
                    trial.path("value").asString(""),
                    trial.path("tokensPerSecond").asDouble(0),
                    trial.path("spread").asDouble(0),
                    trial.path("rounds").asInt(0)));
        }
        return new TuningFile(
                node.path("fingerprint").asString(""),
                node.path("release").asString(""),
                node.path("measuredAt").asLong(0),
                measured,
                trials);
    }

    /** Refuses numbers that a changed file may have and llama.cpp would not survive. */
    private static void check(Knob knob, String value) {
        switch (knob) {
            case THREADS, PREFILL_THREADS -> within(value, 1, 512);
            case POLL -> within(value, 0, 100);
            case UBATCH_TOKENS, BATCH_TOKENS -> within(value, 1, 4096);
            case CONTEXT_TOKENS -> within(value, 1, 1 << 24);
            case GPU_LAYERS -> within(value, -1, 10_000);
            case FLASH_ATTENTION, KV_TYPE, LOAD_MODE -> {}
        }
    }

    private static void within(String value, int min, int max) {
        int number = Integer.parseInt(value);
        if (number < min || number > max) {
            throw new IllegalArgumentException("out of bounds");
        }
    }

    /** Keeps it, wholly or not at all. */
    void write(Path folder, String model) throws IOException {
        ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put("format", FORMAT);
        node.put("fingerprint", fingerprint);
        node.put("release", release);
        node.put("measuredAt", measuredAt);
        var choices = node.putArray("choices");
        measured.forEach((knob, choice) -> choices.addObject()
                .put("knob", knob.name())
                .put("value", choice.value())
                .put("why", choice.why()));
        var tried = node.putArray("trials");
        for (Sweep.Trial trial : trials) {
            tried.addObject()
                    .put("knob", trial.knob().name())
                    .put("value", trial.value())
                    .put("tokensPerSecond", trial.tokensPerSecond())
                    .put("spread", trial.spread())
                    .put("rounds", trial.rounds());
        }
        Files.createDirectories(folder);
        Path file = path(folder, model);
        DurableFiles.replace(
                folder,
                String.valueOf(file.getFileName()),
                folder.resolve(model + ".new"),
                JsonMapper.shared().writeValueAsString(node).getBytes(StandardCharsets.UTF_8));
    }

    /** Forgets what is kept of a model; returns whether there was anything. */
    static boolean forget(Path folder, String model) throws IOException {
        return Files.deleteIfExists(path(folder, model));
    }
}
