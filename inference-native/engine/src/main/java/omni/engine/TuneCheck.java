package omni.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import omni.device.DeviceProbe;
import omni.device.Report;
import omni.engine.Tuning.Choice;
import omni.engine.Tuning.Knob;
import omni.engine.Tuning.Origin;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.ModelParams;

/**
 * A program that holds the sweep's choice against an exhaustive run: all combinations of the values that the sweep tries
 * one knob at a time, for writing and for reading, in interleaved rounds. {@code inference-native/engine/tune-check} runs
 * it. It ends with 0 where the choice is as good as the best, differences inside the spread counting as equal.
 */
final class TuneCheck {
    static final int ROUNDS_MIN = 5;

    private TuneCheck() {}

    /**
     * Runs it.
     *
     * @param args the folder of the natives, a GGUF file, and how many rounds
     */
    public static void main(String[] args) {
        Report report = DeviceProbe.live(Path.of(".")).read();
        int rounds = Math.max(ROUNDS_MIN, Integer.parseInt(args[2]));
        boolean good;
        try (Model model = Model.load(LlamaLibrary.open(Path.of(args[0])), Path.of(args[1]), ModelParams.defaults());
                LlamaBench bench = new LlamaBench(model)) {
            Tuning prior = Priors.of(
                    report, Optional.empty(), EngineConfig.SECTION.defaults(), TuningConfig.SECTION.defaults());
            Sweep sweep =
                    new Sweep(bench, prior, Tuner.phases(report, 512, prior), Duration.ofSeconds(60), System::nanoTime);
            long start = System.nanoTime();
            boolean more = true;
            while (more) {
                more = sweep.advance();
            }
            System.out.printf(Locale.ROOT, "sweep: %.1f s%n", (System.nanoTime() - start) / 1e9);
            sweep.tuning().wire().forEach(c -> System.out.println("  " + c.key() + " = " + c.value() + ": " + c.why()));
            good = compare(
                    "an answer", combinations(report, sweep.tuning(), false), sweep.tuning(), bench, false, rounds);
            good &= compare(
                    "a prompt", combinations(report, sweep.tuning(), true), sweep.tuning(), bench, true, rounds);
        }
        System.exit(good ? 0 : 1);
    }

    /** Returns every combination that matters for what is measured, the sweep's own choice among them. */
    private static List<Tuning> combinations(Report report, Tuning chosen, boolean prefill) {
        List<Tuning> all = new ArrayList<>(List.of(chosen));
        for (Sweep.Phase phase : Tuner.phases(report, 512, chosen)) {
            boolean matters = phase.prefill() == prefill || phase.knob() == Knob.FLASH_ATTENTION;
            if (matters) {
                List<Tuning> wider = new ArrayList<>();
                for (Tuning tuning : all) {
                    for (String value : phase.values()) {
                        wider.add(tuning.with(phase.knob(), new Choice(value, Origin.MEASURED, ".")));
                    }
                }
                all = wider;
            }
        }
        return all;
    }

    private static boolean compare(
            String what, List<Tuning> combinations, Tuning chosen, LlamaBench bench, boolean prefill, int rounds) {
        Map<String, List<Double>> speeds = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Tuning tuning : combinations) {
                OptionalDouble speed = OptionalDouble.empty();
                while (speed.isEmpty()) {
                    speed = prefill ? bench.prefill(tuning) : bench.decode(tuning);
                }
                speeds.computeIfAbsent(name(tuning), _ -> new ArrayList<>()).add(speed.getAsDouble());
            }
        }
        List<Sweep.Trial> trials = new ArrayList<>();
        speeds.forEach((name, list) -> trials.add(Sweep.trial(Knob.THREADS, name, list)));
        trials.sort((a, b) -> Double.compare(b.tokensPerSecond(), a.tokensPerSecond()));
        System.out.println("tokens a second of " + what + ", medians of " + rounds + " interleaved rounds:");
        for (Sweep.Trial trial : trials) {
            System.out.printf(
                    Locale.ROOT,
                    "%s %-56s %8.1f ±%.1f %%%n",
                    trial.value().equals(name(chosen)) ? "*" : " ",
                    trial.value(),
                    trial.tokensPerSecond(),
                    trial.spread() * 100);
        }
        Sweep.Trial best = trials.getFirst();
        Sweep.Trial own = trials.stream()
                .filter(trial -> trial.value().equals(name(chosen)))
                .findFirst()
                .orElse(best);
        double behind = 1 - own.tokensPerSecond() / best.tokensPerSecond();
        boolean equal = behind <= Math.max(own.spread(), best.spread());
        System.out.printf(
                Locale.ROOT,
                "the sweep's choice is %.1f %% behind the best: %s%n",
                behind * 100,
                equal ? "as good" : "worse than the spread explains");
        return equal;
    }

    private static String name(Tuning tuning) {
        return "threads " + tuning.threads() + "/" + tuning.prefillThreads() + ", poll " + tuning.poll() + ", ubatch "
                + tuning.ubatchTokens(512) + ", attention " + tuning.flashAttention();
    }
}
