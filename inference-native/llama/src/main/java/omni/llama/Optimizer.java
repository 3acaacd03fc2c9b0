package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import omni.llama.Graph.Tensor;
import omni.llama.raw.Llama;
import omni.llama.raw.ggml_opt_optimizer_params;
import omni.llama.raw.ggml_opt_optimizer_params.ggml_opt_adamw_params;
import omni.llama.raw.ggml_opt_params;

/**
 * Learns a graph's parameters by AdamW ({@code ggml-opt}), a batch a step. One thread at a time; closing its graph closes it.
 */
public final class Optimizer implements AutoCloseable {
    /** What is made small. */
    public enum Loss {
        /** The mean of the squared differences from the labels. */
        MEAN_SQUARED_ERROR(Llama.GGML_OPT_LOSS_TYPE_MEAN_SQUARED_ERROR()),
        /** The cross entropy between the softmax of each row and its labels, which are probabilities. */
        CROSS_ENTROPY(Llama.GGML_OPT_LOSS_TYPE_CROSS_ENTROPY());

        final int code;

        Loss(int code) {
            this.code = code;
        }
    }

    /**
     * The numbers of AdamW (arXiv:1711.05101).
     *
     * @param learningRate above 0, at most 1
     * @param beta1 0 to below 1
     * @param beta2 0 to below 1
     * @param epsilon 0 to 1
     * @param weightDecay 0 to 1
     */
    public record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay) {
        /** Checks every bound. */
        public AdamW {
            within("learningRate", learningRate, 1e-12, 1);
            // At 1 the correction for the start would divide by zero.
            within("beta1", beta1, 0, 0.999_999);
            within("beta2", beta2, 0, 0.999_999);
            within("epsilon", epsilon, 0, 1);
            within("weightDecay", weightDecay, 0, 1);
        }

        private static void within(String name, double value, double from, double to) {
            if (!(value >= from && value <= to)) {
                throw new LlamaException(
                        "argument out of bounds", name + " is " + value, name + " must be " + from + " to " + to);
            }
        }

        /** The usual ones, with a learning rate. */
        public static AdamW of(double learningRate) {
            return new AdamW(learningRate, 0.9, 0.999, 1e-8, 0);
        }
    }

    private final Owned owned = new Owned("optimizer");
    private final Owned result = new Owned("optimizer");
    private final Owned context = new Owned("optimizer");
    private final MemorySegment inputTensor;
    private final Tensor input;
    private final Tensor output;
    private final MemorySegment params;

    private Optimizer(Graph graph, Tensor input, Tensor output, Loss loss, AdamW numbers) {
        this.input = input;
        this.output = output;
        this.params = ggml_opt_optimizer_params.allocate(owned.arena());
        setParams(numbers);
        graph.claim(this, input, output);
        this.inputTensor = Graph.pointer(input);
        result.take(Llama.ggml_opt_result_init(), Llama::ggml_opt_result_free);
        try (var arena = Arena.ofConfined()) {
            graph.trainingContext(arena, context);
            var outputTensor = output.in(graph.make(context.pointer()));
            var p = Llama.ggml_opt_default_params(arena, graph.scheduler(), loss.code);
            ggml_opt_params.ctx_compute(p, context.pointer());
            ggml_opt_params.inputs(p, inputTensor);
            ggml_opt_params.outputs(p, outputTensor);
            ggml_opt_params.optimizer(p, Llama.GGML_OPT_OPTIMIZER_TYPE_ADAMW());
            // ggml's own function that returns what its argument points at: no call back into Java.
            ggml_opt_params.get_opt_pars(p, constantParams());
            ggml_opt_params.get_opt_pars_ud(p, params);
            owned.take(Llama.ggml_opt_init(p), Llama::ggml_opt_free);
        }
    }

    private static MemorySegment constantParams() {
        return SymbolLookup.loaderLookup()
                .find("ggml_opt_get_constant_optimizer_params")
                .orElseThrow();
    }

    /**
     * Takes over a graph.
     *
     * @param graph allocated; nothing can be added to it afterwards
     * @param input what is set for each batch, a row for each datum
     * @param output what is compared with the labels, as many rows
     * @param loss what is made small
     * @param numbers how it learns
     * @throws LlamaException if there is nothing to learn, or the graph has an optimizer
     */
    public static Optimizer create(Graph graph, Tensor input, Tensor output, Loss loss, AdamW numbers) {
        return new Optimizer(graph, input, output, loss, numbers);
    }

    /** Learns with other numbers from now on, such as a smaller learning rate. */
    public void setParams(AdamW numbers) {
        var adamw = ggml_opt_optimizer_params.adamw(params);
        ggml_opt_adamw_params.alpha(adamw, (float) numbers.learningRate());
        ggml_opt_adamw_params.beta1(adamw, (float) numbers.beta1());
        ggml_opt_adamw_params.beta2(adamw, (float) numbers.beta2());
        ggml_opt_adamw_params.eps(adamw, (float) numbers.epsilon());
        ggml_opt_adamw_params.wd(adamw, (float) numbers.weightDecay());
    }

    /**
     * Learns from a batch.
     *
     * @param inputs numbers of the input, row by row
     * @param labels what the output should be, row by row
     * @return the loss before this step
     */
    public double step(float[] inputs, float[] labels) {
        return run(inputs, labels, true);
    }

    /** The loss of a batch, without learning from it. */
    public double evaluate(float[] inputs, float[] labels) {
        return run(inputs, labels, false);
    }

    private double run(float[] inputs, float[] labels, boolean learn) {
        LlamaException.within("inputs", inputs.length, input.elements(), input.elements() + 1);
        LlamaException.within("labels", labels.length, output.elements(), output.elements() + 1);
        var optimizer = owned.pointer();
        Llama.ggml_opt_alloc(optimizer, learn);
        Graph.write(inputTensor, inputs);
        Graph.write(Llama.ggml_opt_labels(optimizer), labels);
        Llama.ggml_opt_result_reset(result.pointer());
        Llama.ggml_opt_eval(optimizer, result.pointer());
        try (var arena = Arena.ofConfined()) {
            var loss = arena.allocate(ValueLayout.JAVA_DOUBLE);
            Llama.ggml_opt_result_loss(result.pointer(), loss, MemorySegment.NULL);
            return loss.get(ValueLayout.JAVA_DOUBLE, 0);
        }
    }

    /** Frees it; once, however often it is called. The graph stays with what was learned. */
    @Override
    public void close() {
        owned.close();
        result.close();
        context.close();
    }
}
