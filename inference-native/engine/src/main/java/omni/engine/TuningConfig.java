package omni.engine;

import java.time.Duration;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [tuning]} of {@code omni.toml}: what is measured, and what the owner wants otherwise.
 *
 * @param sweep whether a model's first use is followed by a measurement
 * @param sweepMax how long that may take
 * @param yieldToOthers whether fewer threads compute while other programs keep processors busy
 * @param yieldToHeat whether less is computed when the box comes near to slowing itself down
 * @param prefillThreads threads that read prompts; 0 lets the box choose
 * @param poll how long threads wait for work awake; -1 lets the box choose
 * @param ubatchTokens most tokens computed at once; 0 lets the box choose
 * @param flashAttention how attention is computed
 * @param kvType how the KV cache stores a number
 * @param gpuLayers layers on a GPU; -2 lets the box choose, -1 is all
 * @param loadMode how a model's file gets into memory
 */
record TuningConfig(
        @Key(
                doc = "Measures once, after a model's first use and while nobody waits, how this box computes it"
                        + " fastest.",
                def = "true")
        boolean sweep,

        @Key(doc = "How long that may take.", def = "60s", min = "1s", max = "10m")
        Duration sweepMax,

        @Key(
                doc = "Computes with fewer threads while other programs keep processors busy: threads that wait for"
                        + " each other are much slower when one of them has no processor.",
                def = "true")
        boolean yieldToOthers,

        @Key(doc = "Computes less when the box comes near to slowing itself down for heat.", def = "true")
        boolean yieldToHeat,

        @Key(
                doc = "Threads that read prompts. 0: as measured. The key threads of [engine], where it is set, holds"
                        + " for both.",
                def = "0",
                unit = "threads",
                min = "0",
                max = "512")
        int prefillThreads,

        @Key(
                doc = "How long a compute thread waits for the next step awake before it sleeps: 0 not at all, 100 as"
                        + " long as it can be set. -1: as measured.",
                def = "-1",
                min = "-1",
                max = "100")
        int poll,

        @Key(doc = "Most tokens computed at once. 0: as measured.", def = "0", unit = "tokens", min = "0", max = "4096")
        int ubatchTokens,

        @Key(doc = "Whether attention is computed in the fused way: auto, on or off.", def = "auto")
        Attention flashAttention,

        @Key(
                doc = "How the KV cache stores a number: auto, f16 or q8_0, which halves its memory and needs flash"
                        + " attention.",
                def = "auto")
        Kv kvType,

        @Key(
                doc = "Layers on a GPU. -2: as the box can, -1: all, 0: none.",
                def = "-2",
                unit = "layers",
                min = "-2",
                max = "10000")
        int gpuLayers,

        @Key(
                doc = "How a model's file gets into memory: auto, read, map, or map_locked, which keeps it there.",
                def = "auto")
        Load loadMode) {
    static final Section<TuningConfig> SECTION = Section.of("tuning", TuningConfig.class);

    /** How attention is computed. */
    enum Attention {
        AUTO,
        ON,
        OFF
    }

    /** How the KV cache stores a number. */
    enum Kv {
        AUTO,
        F16,
        Q8_0
    }

    /** How a file gets into memory. */
    enum Load {
        AUTO,
        READ,
        MAP,
        MAP_LOCKED
    }
}
