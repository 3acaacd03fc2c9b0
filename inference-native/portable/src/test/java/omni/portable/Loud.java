package omni.portable;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;

/** The library as it logs by itself: {@code Loud MODEL PROMPT}. */
final class Loud {
    private Loud() {}

    public static void main(String[] args) {
        LlamaModel model = new LlamaModel(new ModelParameters()
                .setModel(args[0])
                .setCtxSize(512)
                .setThreads(1)
                .setVerbose());
        model.complete(new InferenceParameters(args[1]).setNPredict(1));
        Runtime.getRuntime().halt(0);
    }
}
