package omni.engine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import omni.llama.ContextParams.CacheType;
import omni.llama.ContextParams.FlashAttention;
import omni.llama.ModelParams;
import omni.llama.ModelParams.LoadMode;

/**
 * How to compute a model on this box: a choice for each {@link Knob}, with where it comes from and why.
 *
 * @param choices one for each knob, in their order
 */
record Tuning(Map<Knob, Choice> choices) {
    /** What can be turned. */
    enum Knob {
        THREADS("threads"),
        PREFILL_THREADS("prefill_threads"),
        POLL("poll"),
        BATCH_TOKENS("batch_tokens"),
        UBATCH_TOKENS("ubatch_tokens"),
        FLASH_ATTENTION("flash_attention"),
        KV_TYPE("kv_type"),
        GPU_LAYERS("gpu_layers"),
        LOAD_MODE("load_mode"),
        CONTEXT_TOKENS("context_tokens");

        /** As omni.toml and the kept profiles write it. */
        final String key;

        Knob(String key) {
            this.key = key;
        }
    }

    /** Where a choice comes from. */
    enum Origin {
        MEASURED("measured"),
        RULE("rule"),
        PROFILE("profile"),
        CONFIGURED("omni.toml");

        final String word;

        Origin(String word) {
            this.word = word;
        }
    }

    /**
     * A choice.
     *
     * @param value as omni.toml would write it
     * @param origin where it comes from
     * @param why one sentence
     */
    record Choice(String value, Origin origin, String why) {}

    Tuning {
        if (choices.size() != Knob.values().length) {
            throw new IllegalArgumentException("a choice for each knob");
        }
        choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
    }

    private String value(Knob knob) {
        Choice choice = choices.get(knob);
        return choice == null ? "" : choice.value();
    }

    int threads() {
        return Integer.parseInt(value(Knob.THREADS));
    }

    int prefillThreads() {
        return Integer.parseInt(value(Knob.PREFILL_THREADS));
    }

    /** How long threads wait for work awake, 0 (not at all) to 100. */
    int poll() {
        return Integer.parseInt(value(Knob.POLL));
    }

    /** Threads that there have to be. */
    int threadsMax() {
        return Math.max(threads(), prefillThreads());
    }

    /** Most tokens computed at once, at most so many as a batch has. */
    int ubatchTokens(int batchTokens) {
        return Math.min(Integer.parseInt(value(Knob.UBATCH_TOKENS)), batchTokens);
    }

    FlashAttention flashAttention() {
        return switch (value(Knob.FLASH_ATTENTION)) {
            case "on" -> FlashAttention.ON;
            case "off" -> FlashAttention.OFF;
            default -> FlashAttention.AUTO;
        };
    }

    CacheType kvType() {
        return value(Knob.KV_TYPE).equals("q8_0") ? CacheType.Q8_0 : CacheType.F16;
    }

    ModelParams modelParams() {
        LoadMode mode = switch (value(Knob.LOAD_MODE)) {
            case "read" -> LoadMode.READ;
            case "map" -> LoadMode.MAP;
            case "map_locked" -> LoadMode.MAP_LOCKED;
            default -> LoadMode.AUTO;
        };
        return new ModelParams(Integer.parseInt(value(Knob.GPU_LAYERS)), mode, false);
    }

    /** Returns this with one choice changed. */
    Tuning with(Knob knob, Choice choice) {
        Map<Knob, Choice> changed = new LinkedHashMap<>(choices);
        changed.put(knob, choice);
        return new Tuning(changed);
    }

    /** Returns whether the owner has set a knob himself. */
    boolean isConfigured(Knob knob) {
        Choice choice = choices.get(knob);
        return choice != null && choice.origin() == Origin.CONFIGURED;
    }

    /** Returns the choices as the bus tells them. */
    List<TuningProtocol.Choice> wire() {
        return choices.entrySet().stream()
                .map(e -> new TuningProtocol.Choice(
                        e.getKey().key,
                        e.getValue().value(),
                        e.getValue().origin().word,
                        e.getValue().why()))
                .toList();
    }
}
