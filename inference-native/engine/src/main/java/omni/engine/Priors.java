package omni.engine;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import omni.device.Cpu;
import omni.device.DeviceProfile;
import omni.device.Report;
import omni.engine.Tuning.Choice;
import omni.engine.Tuning.Knob;
import omni.engine.Tuning.Origin;

/** What to begin with, before anything was measured: rules from the hardware, then the profile of a known box. */
final class Priors {
    private static final int UBATCH_TOKENS = 512;
    private static final int BATCH_TOKENS = EngineConfig.SECTION.defaults().batchTokens();
    private static final String CONTEXT_WHY = "What the model was trained on, at most 8192.";

    private Priors() {}

    /** Returns the choices, and what the owner has set over all of them. */
    static Tuning of(Report report, Optional<DeviceProfile> profile, EngineConfig engine, TuningConfig config) {
        Map<Knob, Choice> choices = rules(report);
        profile.ifPresent(known -> known.priors().forEach((key, value) -> {
            for (Knob knob : Knob.values()) {
                if (knob.key.equals(key)) {
                    choices.put(knob, new Choice(value, Origin.PROFILE, "The profile of " + known.name() + " has it."));
                }
            }
        }));
        return configured(new Tuning(choices), engine, config);
    }

    private static Map<Knob, Choice> rules(Report report) {
        Cpu cpu = report.cpu();
        int fast = Math.max(1, cpu.usable(Cpu.Kind.PERFORMANCE));
        int all = cpu.usableCores();
        String kinds = cpu.usable(Cpu.Kind.EFFICIENCY) > 0 ? "fast core" : "physical core";
        OptionalDouble quota = report.memory().cgroup().quotaCores();
        int most = quota.isPresent() ? Math.max(1, (int) quota.getAsDouble()) : Integer.MAX_VALUE;
        String limited = fast > most ? ", no more than the control group allows" : "";
        Map<Knob, Choice> choices = new LinkedHashMap<>();
        choices.put(Knob.THREADS, rule(String.valueOf(Math.min(fast, most)), "One for each " + kinds + limited + "."));
        choices.put(
                Knob.PREFILL_THREADS,
                rule(
                        String.valueOf(Math.min(all, most)),
                        "Reading a prompt is computing: one for each physical core" + limited + "."));
        choices.put(
                Knob.POLL,
                hasSpare(cpu)
                        ? rule("50", "As llama.cpp has it: threads wait for the next step awake for a moment.")
                        : rule(
                                "0",
                                "Every processor computes: a thread that waits awake would keep one from who reads the"
                                        + " answer."));
        choices.put(
                Knob.BATCH_TOKENS,
                rule(
                        String.valueOf(BATCH_TOKENS),
                        "As llama.cpp has it: more would hold up answers that are being written beside a prompt."));
        choices.put(Knob.UBATCH_TOKENS, rule(String.valueOf(UBATCH_TOKENS), "As llama.cpp has it."));
        choices.put(Knob.FLASH_ATTENTION, rule("auto", "Wherever the device can."));
        choices.put(
                Knob.KV_TYPE,
                rule("f16", "Exact; q8_0 halves its memory and changes answers a little: not for speed to decide."));
        choices.put(Knob.GPU_LAYERS, rule("-1", "All layers on a GPU, where the native has one."));
        choices.put(
                Knob.LOAD_MODE,
                rule(
                        "auto",
                        "Mapped, where the device allows it: loads at once, is shared, and the system may take it back;"
                                + " speed once loaded is the same."));
        choices.put(Knob.CONTEXT_TOKENS, rule("8192", CONTEXT_WHY));
        return choices;
    }

    /** Whether there are more processors than one for each thread that writes. */
    static boolean hasSpare(Cpu cpu) {
        return cpu.usable().size() > Math.max(1, cpu.usable(Cpu.Kind.PERFORMANCE));
    }

    private static Choice rule(String value, String why) {
        return new Choice(value, Origin.RULE, why);
    }

    /** Returns the choices with what omni.toml sets over them. */
    static Tuning configured(Tuning tuning, EngineConfig engine, TuningConfig config) {
        Tuning set = tuning;
        if (engine.threads() > 0) {
            String threads = String.valueOf(engine.threads());
            set = set.with(Knob.THREADS, own(threads, "threads of [engine]"));
            set = set.with(Knob.PREFILL_THREADS, own(threads, "threads of [engine]"));
        }
        if (config.prefillThreads() > 0) {
            set = set.with(Knob.PREFILL_THREADS, own(String.valueOf(config.prefillThreads()), "prefill_threads"));
        }
        if (config.poll() >= 0) {
            set = set.with(Knob.POLL, own(String.valueOf(config.poll()), "poll"));
        }
        if (engine.batchTokens() != BATCH_TOKENS) {
            set = set.with(Knob.BATCH_TOKENS, own(String.valueOf(engine.batchTokens()), "batch_tokens of [engine]"));
        }
        if (engine.contextTokens() > 0) {
            String tokens = String.valueOf(engine.contextTokens());
            set = set.with(Knob.CONTEXT_TOKENS, own(tokens, "context_tokens of [engine]"));
        }
        if (config.ubatchTokens() > 0) {
            set = set.with(Knob.UBATCH_TOKENS, own(String.valueOf(config.ubatchTokens()), "ubatch_tokens"));
        }
        if (config.flashAttention() != TuningConfig.Attention.AUTO) {
            set = set.with(Knob.FLASH_ATTENTION, own(word(config.flashAttention()), "flash_attention"));
        }
        if (config.kvType() != TuningConfig.Kv.AUTO) {
            set = set.with(Knob.KV_TYPE, own(word(config.kvType()), "kv_type"));
        }
        if (config.gpuLayers() > -2) {
            set = set.with(Knob.GPU_LAYERS, own(String.valueOf(config.gpuLayers()), "gpu_layers"));
        }
        if (config.loadMode() != TuningConfig.Load.AUTO) {
            set = set.with(Knob.LOAD_MODE, own(word(config.loadMode()), "load_mode"));
        }
        return set;
    }

    /** Says how much context a model was loaded with, and why. */
    static Choice context(int tokens, int trainedTokens, EngineConfig engine) {
        if (engine.contextTokens() > 0) {
            String why = "omni.toml sets context_tokens of [engine]"
                    + (tokens < engine.contextTokens() ? "; the model was trained on fewer." : ".");
            return new Choice(String.valueOf(tokens), Origin.CONFIGURED, why);
        }
        boolean all = tokens >= engine.contextTokensFor(trainedTokens);
        return rule(String.valueOf(tokens), all ? CONTEXT_WHY : "The largest that fits the memory that was free.");
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static Choice own(String value, String key) {
        return new Choice(value, Origin.CONFIGURED, "omni.toml sets " + key + ".");
    }
}
