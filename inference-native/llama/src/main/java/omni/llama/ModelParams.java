package omni.llama;

/**
 * How to load a model.
 *
 * @param gpuLayers how many layers to put on a GPU where there is one; negative for all of them
 * @param loadMode how the file gets into memory
 * @param checkTensors whether to look through the weights for values that are no numbers (slow for a big file)
 */
public record ModelParams(int gpuLayers, LoadMode loadMode, boolean checkTensors) {
    /** How the file gets into memory ({@code enum llama_load_mode}). */
    public enum LoadMode {
        /** Mapped where the devices allow it. */
        AUTO(-1),
        /** Read. */
        READ(0),
        /** Mapped: shared with other processes, dropped under memory pressure. */
        MAP(1),
        /** Mapped and kept in memory. */
        MAP_LOCKED(3);

        final int code;

        LoadMode(int code) {
            this.code = code;
        }
    }

    /** All layers on a GPU where there is one, mapped, weights not looked through. */
    public static ModelParams defaults() {
        return new ModelParams(-1, LoadMode.AUTO, false);
    }
}
