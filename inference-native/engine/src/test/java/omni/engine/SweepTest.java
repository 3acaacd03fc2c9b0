package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import omni.engine.Tuning.Choice;
import omni.engine.Tuning.Knob;
import omni.engine.Tuning.Origin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sweep tries and what it keeps, with a box of the test's own. */
class SweepTest {
    private static final List<Sweep.Phase> PHASES = List.of(
            new Sweep.Phase(Knob.THREADS, List.of("1", "2", "4", "8"), false),
            new Sweep.Phase(Knob.UBATCH_TOKENS, List.of("512", "128"), true));

    private final List<String> tried = new ArrayList<>();
    private final Map<String, Double> speeds = new LinkedHashMap<>();
    private double seconds = 0.1;
    private boolean cut;
    private long nanos;

    private final Sweep.Bench bench = new Sweep.Bench() {
        @Override
        public OptionalDouble prefill(Tuning tuning) {
            return measure("ubatch " + tuning.ubatchTokens(512));
        }

        @Override
        public OptionalDouble decode(Tuning tuning) {
            return measure("threads " + tuning.threads());
        }
    };

    private OptionalDouble measure(String what) {
        tried.add(what);
        nanos += (long) (seconds * 1e9);
        return cut ? OptionalDouble.empty() : OptionalDouble.of(speeds.getOrDefault(what, 1.0));
    }

    static Tuning tuning() {
        Map<Knob, Choice> choices = new LinkedHashMap<>();
        for (Knob knob : Knob.values()) {
            choices.put(knob, new Choice("1", Origin.RULE, "."));
        }
        return new Tuning(choices);
    }

    private Sweep sweep(Tuning base, Duration limit) {
        return new Sweep(bench, base, PHASES, limit, () -> nanos);
    }

    private static void finish(Sweep sweep) {
        int steps = 0;
        while (sweep.advance()) {
            assertTrue(++steps < 10_000, "it ends");
        }
    }

    @Test
    void itKeepsTheFastestAndTakesTurns() {
        speeds.putAll(Map.of("threads 1", 10.0, "threads 2", 19.0, "threads 4", 30.0, "threads 8", 4.0));
        speeds.putAll(Map.of("ubatch 512", 100.0, "ubatch 128", 150.0));
        var sweep = sweep(tuning(), Duration.ofSeconds(60));
        finish(sweep);
        assertEquals(List.of("threads 1", "threads 2", "threads 4", "threads 8", "threads 1"), tried.subList(0, 5));
        assertEquals(30, tried.size(), "five rounds of each");
        assertEquals(4, sweep.tuning().threads());
        assertEquals(128, sweep.tuning().ubatchTokens(512));
        assertEquals(100, sweep.progress());
        assertEquals(6, sweep.trials().size());
        assertTrue(sweep.tuning().wire().getFirst().why().contains("30.0 tokens a second of an answer"));
        assertEquals("measured", sweep.tuning().wire().getFirst().origin());
    }

    @Test
    void ofEqualsTheMostModestIsKept() {
        var one = new Sweep.Trial(Knob.THREADS, "1", 98, 0.05, 5);
        var two = new Sweep.Trial(Knob.THREADS, "2", 100, 0.05, 5);
        assertEquals(one, Sweep.choose(List.of(one, two)));
        var apart = new Sweep.Trial(Knob.THREADS, "1", 98, 0.001, 5);
        var steady = new Sweep.Trial(Knob.THREADS, "2", 100, 0.001, 5);
        assertEquals(steady, Sweep.choose(List.of(apart, steady)), "the spread tells them apart");
        var noisy = new Sweep.Trial(Knob.THREADS, "1", 60, 0.9, 5);
        assertEquals(two, Sweep.choose(List.of(noisy, two)), "noise is no reason to be slow");
    }

    @Test
    void whatTheOwnerHasSetIsNotTried() {
        var base = tuning().with(Knob.THREADS, new Choice("3", Origin.CONFIGURED, "."));
        var sweep = sweep(base, Duration.ofSeconds(60));
        finish(sweep);
        assertEquals(3, sweep.tuning().threads());
        assertTrue(tried.stream().noneMatch(what -> what.startsWith("threads")));
    }

    @Test
    void itKeepsToItsTime() {
        seconds = 2;
        var sweep = sweep(tuning(), Duration.ofSeconds(60));
        finish(sweep);
        assertTrue(nanos <= 62e9, "no more than the piece under way");
        seconds = 30;
        nanos = 0;
        tried.clear();
        var slow = sweep(tuning(), Duration.ofSeconds(60));
        finish(slow);
        assertEquals(2, tried.size());
        assertEquals(tuning(), slow.tuning(), "too little was measured to change anything");
    }

    @Test
    void whatIsCutShortDoesNotCount() {
        cut = true;
        var sweep = sweep(tuning(), Duration.ofSeconds(1));
        finish(sweep);
        assertEquals(List.of(), sweep.trials());
    }

    @Test
    void theMedianAndTheSpread() {
        var trial = Sweep.trial(Knob.THREADS, "1", List.of(10.0, 12.0, 11.0, 9.0, 90.0));
        assertEquals(11, trial.tokensPerSecond());
        assertEquals(1.0 / 11, trial.spread(), 1e-9);
    }

    @Test
    void theCountsWorthTrying() {
        assertEquals(List.of("1", "2"), Sweep.threadCounts(2, 2, 2));
        assertEquals(List.of("1", "5", "6", "13", "14", "20"), Sweep.threadCounts(6, 14, 20));
        assertEquals(List.of("1"), Sweep.threadCounts(1, 1, 1));
    }

    @Test
    void whatWasMeasuredIsKept(@TempDir Path folder) throws Exception {
        var measured = Map.of(Knob.THREADS, new Choice("4", Origin.MEASURED, "why"));
        var trials = List.of(new Sweep.Trial(Knob.THREADS, "4", 30, 0.1, 5));
        var file = new TuningFile("print", "release", 7, measured, trials);
        file.write(folder, "model");
        assertEquals(file, TuningFile.read(folder, "model", "print", "release").orElseThrow());
        assertTrue(TuningFile.read(folder, "model", "other", "release").isEmpty(), "other hardware");
        assertTrue(TuningFile.read(folder, "model", "print", "other").isEmpty(), "another release");
        assertTrue(TuningFile.read(folder, "none", "print", "release").isEmpty());
        assertTrue(TuningFile.forget(folder, "model"));
        assertFalse(TuningFile.forget(folder, "model"));
    }

    @Test
    void aDamagedFileIsAsNone(@TempDir Path folder) throws Exception {
        for (var text : List.of(
                "",
                "{",
                "[]",
                "{\"format\":2,\"fingerprint\":\"p\",\"release\":\"r\",\"choices\":[{\"knob\":\"THREADS\",\"value\":\"0\"}]}",
                "{\"format\":2,\"fingerprint\":\"p\",\"release\":\"r\",\"choices\":[{\"knob\":\"THREADS\",\"value\":\"513\"}]}",
                "{\"format\":2,\"fingerprint\":\"p\",\"release\":\"r\",\"choices\":[{\"knob\":\"NONE\",\"value\":\"1\"}]}")) {
            Files.writeString(folder.resolve("model.json"), text);
            assertTrue(TuningFile.read(folder, "model", "p", "r").isEmpty(), text);
        }
        Files.writeString(
                folder.resolve("model.json"),
                "{\"format\":2,\"fingerprint\":\"p\",\"release\":\"r\",\"choices\":[{\"knob\":\"THREADS\",\"value\":\"512\"}]}");
        assertTrue(TuningFile.read(folder, "model", "p", "r").isPresent());
    }
}
