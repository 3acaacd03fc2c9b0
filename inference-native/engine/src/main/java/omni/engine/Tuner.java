package omni.engine;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import omni.device.Cpu;
import omni.device.DeviceException;
import omni.device.DeviceProbe;
import omni.device.DeviceProfile;
import omni.device.Report;
import omni.engine.Tuning.Choice;
import omni.engine.Tuning.Knob;
import omni.engine.Tuning.Origin;
import omni.llama.ContextParams;
import omni.llama.Model;
import omni.llama.ThreadPriority;
import org.jspecify.annotations.Nullable;

/**
 * Knows how to compute each model on this box: what the owner has set, else what was measured here, else what the
 * profile of such a box has, else a rule. Measures a model after its first use, while nobody waits.
 *
 * <p>For any thread; while the thread that decodes a model waits, a measurement runs on a thread of low priority.
 */
final class Tuner {
    private static final Logger LOG = System.getLogger(Tuner.class.getName());
    private static final long MEASURE_BYTES_MIN = 1L << 30;
    private static final long WAIT_NANOS = 200_000_000;
    /** How long nobody must have asked anything before a measurement begins or goes on. */
    private static final long IDLE_NANOS = 5_000_000_000L;

    /** How far a model's tuning is. */
    enum State {
        WAITING,
        MEASURING,
        MEASURED,
        OFF
    }

    /** What is known of a loaded model. */
    static final class Known {
        final StoredModel model;
        final String release;
        volatile Tuning tuning;
        volatile State state;
        volatile int percent;
        volatile List<Sweep.Trial> trials = List.of();
        volatile long measuredAt;
        /** Measures it again; null while it is not in memory. */
        volatile @Nullable Runnable measure;

        Known(StoredModel model, String release, Tuning tuning, State state) {
            this.model = model;
            this.release = release;
            this.tuning = tuning;
            this.state = state;
        }
    }

    private final Path folder;
    private final Path profiles;
    private final EngineConfig engine;
    private final TuningConfig config;
    private final DeviceProbe probe;
    private final Runnable changed;
    private final Governor governor;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private @Nullable Report report;

    /**
     * Makes one.
     *
     * @param home {@code $OMNI_HOME}
     * @param app the runtime tree, for the profiles of known boxes
     * @param changed is called when something that the status shows has changed
     */
    Tuner(Path home, Path app, EngineConfig engine, TuningConfig config, Runnable changed) {
        this.folder = home.resolve("tuning");
        this.profiles = app.resolve("share/profiles");
        this.engine = engine;
        this.config = config;
        this.changed = changed;
        this.probe = DeviceProbe.live(home);
        Cpu cpu = probe.cpu();
        this.governor = new Governor(
                cpu.usable().size(),
                config,
                () -> ProcessorTimes.read(Path.of("/proc/stat"), cpu.usable()),
                probe::thermal,
                System::nanoTime,
                changed);
    }

    Governor governor() {
        return governor;
    }

    /** Returns what hardware is here; read once. */
    synchronized Report report() {
        Report found = report;
        if (found == null) {
            found = probe.read();
            report = found;
        }
        return found;
    }

    /** Returns what the status should say of it, in one line; empty where there is nothing to say. */
    String note() {
        String held = governor.now().why();
        for (Known entry : known.values()) {
            if (entry.state == State.MEASURING) {
                return "measuring how " + entry.model.name() + " is fastest here: " + entry.percent + " %";
            }
        }
        return held;
    }

    /** Returns what hardware is here, read anew. */
    Report reportAnew() {
        return probe.read();
    }

    /** Returns how to compute what cannot be measured: by the hardware, its profile and the owner's wishes. */
    Tuning unmeasured() {
        Report here = report();
        Optional<DeviceProfile> profile = Optional.empty();
        try {
            profile = DeviceProfile.find(profiles, here);
        } catch (DeviceException e) {
            LOG.log(Level.WARNING, "The profiles of known boxes are passed over: {0}", e.getMessage());
        }
        return Priors.of(here, profile, engine, config);
    }

    /** Returns how to compute a model, which is about to be loaded by a release. */
    Tuning of(StoredModel model, String release) {
        Report here = report();
        Tuning tuning = unmeasured();
        Optional<TuningFile> kept = TuningFile.read(folder, model.id(), here.fingerprint(), release);
        Known entry = new Known(model, release, tuning, config.sweep() ? State.WAITING : State.OFF);
        if (kept.isPresent()) {
            for (Map.Entry<Knob, Choice> choice : kept.get().measured().entrySet()) {
                tuning =
                        tuning.isConfigured(choice.getKey()) ? tuning : tuning.with(choice.getKey(), choice.getValue());
            }
            entry.tuning = tuning;
            entry.state = State.MEASURED;
            entry.trials = kept.get().trials();
            entry.measuredAt = kept.get().measuredAt();
        }
        known.put(model.id(), entry);
        return tuning;
    }

    /** Returns how to compute a model that was asked for before. */
    Tuning current(StoredModel model) {
        Known entry = known.get(model.id());
        if (entry == null) {
            throw new IllegalStateException("the model was not asked for");
        }
        return entry.tuning;
    }

    /** Returns what is known of models, in no order. */
    List<Known> known() {
        return List.copyOf(known.values());
    }

    /** Forgets what was measured of a model, or of all, and measures those that are loaded again; returns of how many. */
    int forget(Optional<String> model) throws IOException {
        int forgotten = 0;
        for (Known entry : known.values()) {
            if (model.isEmpty() || model.get().equals(entry.model.id())) {
                forgotten += TuningFile.forget(folder, entry.model.id()) ? 1 : 0;
                Runnable again = entry.measure;
                // One that waits or is under way has its measurement before it.
                if (again != null && (entry.state == State.MEASURED || entry.state == State.OFF)) {
                    entry.state = State.WAITING;
                    entry.percent = 0;
                    again.run();
                }
            }
        }
        return forgotten;
    }

    /**
     * Is told of a model that was just loaded, and hands in its measurement where it needs one, now or when it is asked
     * for again.
     *
     * @param contextTokens of one chat
     * @param whenIdle takes work that is done while nobody asks anything
     */
    void loaded(StoredModel stored, int contextTokens, Model model, Consumer<DecodeLoop.Job> whenIdle) {
        Known entry = known.get(stored.id());
        if (entry == null) {
            return;
        }
        entry.tuning =
                entry.tuning.with(Knob.CONTEXT_TOKENS, Priors.context(contextTokens, model.trainedContext(), engine));
        if (model.canGenerate() && model.vocab().size() > 0) {
            entry.measure = () -> measure(entry, model, whenIdle);
            if (entry.state == State.WAITING) {
                measure(entry, model, whenIdle);
            }
        } else if (entry.state == State.WAITING) {
            entry.state = State.OFF;
        }
    }

    /** Is told that a model is going. */
    void unloaded(StoredModel stored) {
        Known entry = known.get(stored.id());
        if (entry != null) {
            entry.measure = null;
        }
    }

    private void measure(Known entry, Model model, Consumer<DecodeLoop.Job> whenIdle) {
        if (probe.memory().leftBytes() < MEASURE_BYTES_MIN) {
            LOG.log(Level.INFO, "Not measuring {0}: there is too little memory left.", entry.model.name());
            entry.state = State.OFF;
            return;
        }
        whenIdle.accept(new Measurement(entry, new LlamaBench(model)));
    }

    /** Returns what to try, by the hardware; a quantized KV cache leaves no choice of attention. */
    static List<Sweep.Phase> phases(Report report, int batchTokens, Tuning base) {
        Cpu cpu = report.cpu();
        List<String> counts = Sweep.threadCounts(
                cpu.usable(Cpu.Kind.PERFORMANCE),
                cpu.usableCores(),
                cpu.usable().size());
        List<String> pieces = new ArrayList<>();
        for (int tokens = 64; tokens <= Math.min(batchTokens, 512); tokens *= 2) {
            pieces.add(String.valueOf(tokens));
        }
        List<String> attention =
                base.kvType() == ContextParams.CacheType.F16 ? List.of("auto", "off") : List.of("auto");
        return List.of(
                new Sweep.Phase(Knob.THREADS, counts, false),
                new Sweep.Phase(Knob.PREFILL_THREADS, counts, true),
                new Sweep.Phase(Knob.POLL, Priors.hasSpare(cpu) ? List.of("0", "50", "100") : List.of("0"), false),
                new Sweep.Phase(Knob.UBATCH_TOKENS, pieces.reversed(), true),
                new Sweep.Phase(Knob.FLASH_ATTENTION, attention, true));
    }

    /** The measurement of one model, a piece at a time. */
    private final class Measurement implements DecodeLoop.Job {
        private final Known entry;
        private final LlamaBench bench;
        private final Sweep sweep;
        private final long startedNanos = System.nanoTime();
        private volatile long askedNanos = startedNanos;
        /** It and what llama.cpp starts from it give way to everything else on the box; it ends with the measurement. */
        private final ExecutorService measuring = Executors.newSingleThreadExecutor(
                work -> Thread.ofPlatform().daemon().name("omni-measure").unstarted(() -> {
                    ThreadPriority.lower();
                    work.run();
                }));

        private volatile @Nullable Thread thread;

        Measurement(Known entry, LlamaBench bench) {
            this.entry = entry;
            this.bench = bench;
            this.sweep = new Sweep(
                    bench,
                    entry.tuning,
                    phases(report(), engine.batchTokens(), entry.tuning),
                    config.sweepMax(),
                    System::nanoTime);
        }

        @Override
        public boolean advance() {
            thread = Thread.currentThread();
            boolean quiet = System.nanoTime() - askedNanos >= IDLE_NANOS;
            if (!quiet || !governor.look().why().isEmpty()) {
                bench.close();
                LockSupport.parkNanos(this, WAIT_NANOS);
                return true;
            }
            entry.state = State.MEASURING;
            boolean more;
            try {
                bench.resume();
                more = measuring.submit(sweep::advance).get();
            } catch (ExecutionException e) {
                LOG.log(Level.WARNING, "Measuring " + entry.model.name() + " is given up.", e.getCause());
                end(State.OFF);
                return false;
            } catch (InterruptedException _) {
                // Nobody interrupts this thread but a process that ends.
                Thread.currentThread().interrupt();
                return false;
            }
            int before = entry.percent;
            entry.percent = sweep.progress();
            if (!more) {
                keep();
            } else if (entry.percent / 10 != before / 10) {
                changed.run();
            }
            return more;
        }

        private void keep() {
            if (sweep.trials().isEmpty()) {
                LOG.log(
                        Level.INFO,
                        "Measuring {0} found nothing in its time; the next load tries again.",
                        entry.model.name());
                end(State.OFF);
                return;
            }
            entry.tuning = sweep.tuning();
            entry.trials = sweep.trials();
            entry.measuredAt = Clock.systemUTC().instant().getEpochSecond();
            Map<Knob, Choice> measured = new LinkedHashMap<>();
            sweep.tuning().choices().forEach((knob, choice) -> {
                if (choice.origin() == Origin.MEASURED) {
                    measured.put(knob, choice);
                }
            });
            try {
                new TuningFile(report().fingerprint(), entry.release, entry.measuredAt, measured, entry.trials)
                        .write(folder, entry.model.id());
            } catch (IOException e) {
                LOG.log(Level.WARNING, "What was measured cannot be kept: " + folder, e);
            }
            LOG.log(Level.INFO, "Measured {0}: {1}", entry.model.name(), measured);
            end(State.MEASURED);
        }

        private void end(State state) {
            measuring.shutdown();
            bench.close();
            entry.state = state;
            changed.run();
        }

        @Override
        public void interrupt() {
            askedNanos = System.nanoTime();
            bench.interrupt();
            LockSupport.unpark(thread);
        }

        @Override
        public void fail(EngineException reason) {
            measuring.shutdown();
            bench.close();
            if (entry.state == State.MEASURING) {
                entry.state = State.WAITING;
            }
        }
    }
}
