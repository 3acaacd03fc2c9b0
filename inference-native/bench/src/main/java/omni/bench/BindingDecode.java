package omni.bench;

import java.nio.file.Path;
import java.util.Locale;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.DecodeResult;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.ModelParams;
import omni.llama.Sampler;

/** Decodes greedily through the binding alone, as {@code llama-bench} does through C, and prints tokens a second. */
final class BindingDecode {
    private BindingDecode() {}

    /** {@code BindingDecode NATIVES MODEL THREADS TOKENS}: one line, the tokens a second. */
    public static void main(String[] args) {
        var library = LlamaLibrary.open(Path.of(args[0]));
        var threads = Integer.parseInt(args[2]);
        var tokens = Integer.parseInt(args[3]);
        try (var model = Model.load(library, Path.of(args[1]), ModelParams.defaults());
                var context = Context.create(model, ContextParams.generation(tokens + 16, 1, threads));
                var sampler = Sampler.chain(model).greedy().build()) {
            run(context, sampler, 8);
            context.memory().clear(false);
            var start = System.nanoTime();
            run(context, sampler, tokens);
            System.out.printf(Locale.ROOT, "%.3f%n", tokens * 1e9 / (System.nanoTime() - start));
        }
    }

    private static void run(Context context, Sampler sampler, int tokens) {
        var batch = Batch.allocate(1, 1);
        var token = 300;
        for (var position = 0; position < tokens; position++) {
            batch.clear();
            batch.add(token, position, 0, true);
            if (context.decode(batch) != DecodeResult.DONE) {
                throw new IllegalStateException("decode did not finish");
            }
            token = sampler.sample(context, 0);
        }
    }
}
