package omni.llama;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The real model and the real libraries, loaded once for all tests of this process. */
final class Seed {
    private static final Path ROOT = Path.of(System.getProperty("omni.root"));
    static final Path FILE = ROOT.resolve("inference-native/seed/omni-seed-f16.gguf");
    static final Path NATIVES = ROOT.resolve("target/native");
    static final LlamaLibrary LIBRARY = LlamaLibrary.open(NATIVES);
    static final Model MODEL = Model.load(LIBRARY, FILE, ModelParams.defaults());

    private Seed() {}

    static Context context(int nSeqMax) {
        return Context.create(MODEL, ContextParams.generation(2048, nSeqMax, 1));
    }

    /** The tokens of a chat with one question, up to where the answer begins. */
    static int[] chat(String question) {
        return MODEL.vocab()
                .tokenize("<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n", true, true);
    }

    /** Puts a prompt into a sequence; only its last token has an output. */
    static DecodeResult prefill(Context context, int[] prompt, int sequence) {
        var batch = Batch.allocate(prompt.length, 1);
        for (var i = 0; i < prompt.length; i++) {
            batch.add(prompt[i], i, sequence, i == prompt.length - 1);
        }
        return context.decode(batch);
    }

    /** Goes on greedily from a prefilled prompt, alone. */
    static List<Integer> continueGreedily(Context context, int sequence, int index, int position, int tokensMax) {
        var answer = new ArrayList<Integer>();
        var batch = Batch.allocate(1, 1);
        try (var sampler = Sampler.chain(MODEL).greedy().build()) {
            var at = index;
            while (answer.size() < tokensMax) {
                var token = sampler.sample(context, at);
                if (MODEL.vocab().isEndOfGeneration(token)) {
                    break;
                }
                answer.add(token);
                batch.clear();
                at = batch.add(token, position + answer.size() - 1, sequence, true);
                context.decode(batch);
            }
        }
        return answer;
    }

    /** The greedy answer to a question, alone in a sequence. */
    static List<Integer> answer(Context context, String question, int sequence, int tokensMax) {
        var prompt = chat(question);
        prefill(context, prompt, sequence);
        return continueGreedily(context, sequence, prompt.length - 1, prompt.length, tokensMax);
    }

    static String text(List<Integer> tokens) {
        var bytes = new ByteArrayOutputStream();
        tokens.forEach(token -> bytes.writeBytes(MODEL.vocab().piece(token, false)));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
