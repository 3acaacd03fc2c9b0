package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import omni.engine.TuningProtocol.Profile;
import omni.engine.TuningProtocol.ProfileState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole engine measures the seed model, keeps what it found, and lets requests go first. */
class TuningTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    /** One thread and one knob: on a machine that is busy with other builds, threads that wait for each other get nowhere. */
    private static final String[] SWEEP = {
        "sweep = true", "ubatch_tokens = 128", "poll = 0", "yield_to_others = false", "yield_to_heat = false"
    };

    @TempDir
    Path home;

    private static Profile profile(EngineFixture engine) {
        var profiles =
                engine.tuning().profiles(new TuningProtocol.ProfilesParams()).profiles();
        return profiles.isEmpty()
                ? new Profile("", "", ProfileState.OFF, 0, List.of(), List.of(), null, "", "")
                : profiles.getFirst();
    }

    private long kept() throws IOException {
        try (var files = Files.list(home.resolve("tuning"))) {
            return files.count();
        }
    }

    private static void touch(EngineFixture engine) {
        engine.client.tokenize(new EngineProtocol.TokenizeParams(null, "fox", false, false));
    }

    @Test
    void aModelIsMeasuredOnceAfterItsFirstUse() throws Exception {
        try (var engine = new EngineFixture(home, EngineFixture.tuning(home, SWEEP), "threads = 1")) {
            touch(engine);
            Await.until(LONG, () -> profile(engine).state() == ProfileState.MEASURED);
            var profile = profile(engine);
            var origins = profile.choices().stream()
                    .collect(Collectors.toMap(TuningProtocol.Choice::key, TuningProtocol.Choice::origin));
            assertEquals("measured", origins.get("flash_attention"));
            assertEquals("omni.toml", origins.get("ubatch_tokens"));
            assertEquals("rule", origins.get("kv_type"));
            assertTrue(profile.trials().size() == 2, profile.trials().toString());
        }
        assertEquals(1, kept());
        try (var engine = new EngineFixture(home, EngineFixture.tuning(home, SWEEP), "threads = 1")) {
            touch(engine);
            assertEquals(ProfileState.MEASURED, profile(engine).state(), "at once: it was kept");
            assertEquals(
                    1,
                    engine.tuning()
                            .forget(new TuningProtocol.ForgetParams(null))
                            .forgotten());
            assertEquals(ProfileState.WAITING, profile(engine).state(), "it is loaded: it is measured again");
            Await.until(LONG, () -> profile(engine).state() == ProfileState.MEASURED);
        }
        assertEquals(1, kept());
    }

    @Test
    void everyChoiceIsExplained() throws Exception {
        try (var engine =
                new EngineFixture(home, EngineFixture.tuning(home, "sweep = false"), "context_tokens = 4096")) {
            touch(engine);
            var choices = profile(engine).choices().stream()
                    .collect(Collectors.toMap(TuningProtocol.Choice::key, choice -> choice));
            assertEquals(
                    Set.of(
                            "threads",
                            "prefill_threads",
                            "poll",
                            "batch_tokens",
                            "ubatch_tokens",
                            "flash_attention",
                            "kv_type",
                            "gpu_layers",
                            "load_mode",
                            "context_tokens"),
                    choices.keySet());
            choices.values().forEach(choice -> assertTrue(choice.why().endsWith("."), choice.toString()));
            var context = choices.get("context_tokens");
            assertEquals("2048", context == null ? "" : context.value(), "what the seed was trained on");
            assertEquals("omni.toml", context == null ? "" : context.origin());
        }
    }

    @Test
    void requestsGoFirst() throws Exception {
        try (var engine = new EngineFixture(
                home, EngineFixture.tuning(home, "sweep = true", "sweep_max = \"10m\""), "threads = 1")) {
            touch(engine);
            var reply = engine.client.generate(
                    Ask.prompt("Tom has 3 apples.").maxTokens(8L).params());
            var usage = reply.usage();
            assertTrue(usage != null && usage.promptTokens() > 0);
            assertTrue(profile(engine).state() != ProfileState.MEASURED, "and it is not ended by a request");
        }
    }

    @Test
    void theOwnersWordIsLast() throws Exception {
        try (var engine = new EngineFixture(
                home,
                EngineFixture.tuning(home, "sweep = false", "ubatch_tokens = 64", "prefill_threads = 1"),
                "threads = 0")) {
            touch(engine);
            var profile = profile(engine);
            assertEquals(ProfileState.OFF, profile.state());
            var choice = profile.choices().stream()
                    .filter(c -> c.key().equals("ubatch_tokens"))
                    .findFirst()
                    .orElseThrow();
            assertEquals("64", choice.value());
            assertEquals("omni.toml", choice.origin());
        }
    }

    @Test
    void theHardwareIsTold() throws Exception {
        try (var engine = new EngineFixture(home, "threads = 1")) {
            var before =
                    engine.tuning().device(new TuningProtocol.DeviceParams()).report();
            assertTrue(before.path("cpu").path("physicalCores").asInt() >= 1);
            assertEquals(0, before.path("backends").size(), "nothing is loaded yet");
            touch(engine);
            var report =
                    engine.tuning().device(new TuningProtocol.DeviceParams()).report();
            assertEquals("CPU", report.path("backends").path(0).path("name").asString());
        }
    }
}
