package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import omni.llama.raw.Llama;

/** Does to llama.cpp directly what this binding refuses; {@link UnguardedTest} runs it in a process of its own. */
final class Unguarded {
    private Unguarded() {}

    /** {@code Unguarded NATIVES MODEL ATTACK [FILE]}; prints "survived" where it comes to its end. */
    public static void main(String[] args) {
        var library = LlamaLibrary.open(Path.of(args[0]));
        var model = Model.load(library, Path.of(args[1]), ModelParams.defaults());
        try (var arena = Arena.ofConfined()) {
            switch (args[2]) {
                case "none" -> model.vocab().piece(5, true);
                case "forbidden token" -> {
                    var grammar = Llama.llama_sampler_init_grammar(
                            model.vocab().pointer(),
                            arena.allocateFrom("root ::= \"yes\""),
                            arena.allocateFrom("root"));
                    Llama.llama_sampler_accept(grammar, model.vocab().tokenize("no", false, false)[0]);
                }
                case "text without vocabulary" -> {
                    var mute = Model.load(library, Path.of(args[3]), ModelParams.defaults());
                    Llama.llama_vocab_get_attr(mute.vocab().pointer(), 5);
                }
                case "adapter with a wrong type" ->
                    Llama.llama_adapter_lora_init(model.retain(), arena.allocateFrom(args[3]));
                case "too many outputs" -> {
                    var context = Context.create(model, ContextParams.generation(256, 1, 1));
                    var batch = Batch.allocate(2, 1);
                    batch.add(5, 0, 0, true);
                    batch.add(6, 1, 0, true);
                    Llama.llama_decode(context.pointer(), batch.struct());
                }
                case "matrices that do not go together" -> {
                    var graph = Graph.create(library, 1);
                    var a = Graph.pointer(graph.input(2, 2));
                    var b = Graph.pointer(graph.input(3, 3));
                    Llama.ggml_mul_mat(MemorySegment.NULL, a, b);
                }
                default -> throw new IllegalArgumentException(args[2]);
            }
        }
        System.out.println("survived");
        System.exit(0);
    }
}
