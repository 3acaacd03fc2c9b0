package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.llama.raw.Llama;
import omni.llama.raw.ggml_init_params;

/**
 * A small compute graph of ggml on the CPU: matrices of 32-bit floats, and operations that can be learned through.
 *
 * <p>Build it with {@link #input}, {@link #parameter} and the operations, {@link #allocate} it, set numbers, and
 * {@link #compute} a tensor or hand it to an {@link Optimizer}. ggml ends the process over shapes that do not go together, so
 * they are compared here. One thread at a time.
 */
public final class Graph implements AutoCloseable {
    /** Most tensors of a graph: an optimizer's graph is about six times as long, and ggml's is {@code 2048} at most. */
    public static final int TENSORS_MAX = 150;

    /** Longest row and column. */
    public static final int WIDTH_MAX = 1 << 20;

    /** Most numbers of one tensor. */
    public static final int ELEMENTS_MAX = 1 << 26;

    private static final int NODES_MAX = 2048;

    private final LlamaLibrary library;
    private final Owned backend = new Owned("backend");
    private final Owned fixed = new Owned("graph");
    private final Owned scheduler = new Owned("scheduler");
    private final Owned buffer = new Owned("buffer");
    private final List<Tensor> tensors = new ArrayList<>();
    private Optional<Optimizer> optimizer = Optional.empty();

    /** A matrix in a graph, row by row. */
    public static final class Tensor {
        private final Graph graph;
        private final int index;
        private final int columns;
        private final int rows;
        private final Kind kind;
        private final Operation operation;
        private final List<Tensor> from;

        private Tensor(Graph graph, int columns, int rows, Kind kind, Operation operation, List<Tensor> from) {
            this.graph = graph;
            this.index = graph.tensors.size();
            this.columns = columns;
            this.rows = rows;
            this.kind = kind;
            this.operation = operation;
            this.from = from;
        }

        /** Numbers of a row ({@code ne[0]}). */
        public int columns() {
            return columns;
        }

        /** How many rows ({@code ne[1]}). */
        public int rows() {
            return rows;
        }

        /** Sets its numbers, row by row; an input's or a parameter's, once the graph is allocated. */
        public void set(float[] numbers) {
            graph.set(this, numbers);
        }

        /** Its numbers, row by row; an input's or a parameter's, once the graph is allocated. */
        public float[] get() {
            return graph.get(this);
        }

        int elements() {
            return columns * rows;
        }

        MemorySegment in(MemorySegment[] made) {
            return made[index];
        }
    }

    private enum Kind {
        INPUT,
        PARAMETER,
        RESULT
    }

    /** Makes ggml's tensor in a context, from those made before it. */
    @FunctionalInterface
    private interface Operation {
        MemorySegment make(MemorySegment context, MemorySegment[] made);
    }

    private Graph(LlamaLibrary library, int threads) {
        this.library = library;
        var device = Llama.ggml_backend_dev_by_type(Llama.GGML_BACKEND_DEVICE_TYPE_CPU());
        try (var arena = Arena.ofConfined()) {
            if (!backend.take(Llama.ggml_backend_dev_init(device, MemorySegment.NULL), Llama::ggml_backend_free)) {
                throw failed();
            }
            Llama.ggml_backend_cpu_set_n_threads(backend.pointer(), threads);
            var overhead = Llama.ggml_tensor_overhead();
            context(arena, fixed, TENSORS_MAX * overhead);
            var backends = arena.allocate(ValueLayout.ADDRESS);
            backends.set(ValueLayout.ADDRESS, 0, backend.pointer());
            if (!scheduler.take(
                    Llama.ggml_backend_sched_new(backends, MemorySegment.NULL, 1, 4 * NODES_MAX, false, false),
                    Llama::ggml_backend_sched_free)) {
                throw failed();
            }
        }
    }

    private void context(Arena arena, Owned owner, long bytes) {
        var params = ggml_init_params.allocate(arena);
        ggml_init_params.mem_size(params, bytes);
        ggml_init_params.mem_buffer(params, MemorySegment.NULL);
        ggml_init_params.no_alloc(params, true);
        if (!owner.take(Llama.ggml_init(params), Llama::ggml_free)) {
            throw failed();
        }
    }

    private LlamaException failed() {
        close();
        return new LlamaException("no memory for the graph", library.takeError(), "Make it smaller.");
    }

    /**
     * An empty graph.
     *
     * @param library what computes
     * @param threads threads that compute it, 1 to {@link ContextParams#THREADS_MAX}
     */
    public static Graph create(LlamaLibrary library, int threads) {
        LlamaException.within("threads", threads, 1, ContextParams.THREADS_MAX + 1);
        return new Graph(library, threads);
    }

    /** A matrix that is set from outside. */
    public Tensor input(int columns, int rows) {
        return leaf(columns, rows, Kind.INPUT);
    }

    /** A matrix that is set from outside and learned. */
    public Tensor parameter(int columns, int rows) {
        return leaf(columns, rows, Kind.PARAMETER);
    }

    private Tensor leaf(int columns, int rows, Kind kind) {
        shape(columns, rows);
        if (buffer.isTaken()) {
            throw new LlamaException("the graph is allocated already", "", "Add all inputs and parameters before.");
        }
        var made = Llama.ggml_new_tensor_2d(fixed.pointer(), Llama.GGML_TYPE_F32(), columns, rows);
        if (kind == Kind.PARAMETER) {
            Llama.ggml_set_param(made);
        } else {
            Llama.ggml_set_input(made);
        }
        return keep(columns, rows, kind, (context, before) -> made);
    }

    private static void shape(long columns, long rows) {
        if (columns < 1 || columns > WIDTH_MAX) {
            throw LlamaException.bounds("columns", columns, "1 to " + WIDTH_MAX);
        }
        if (rows < 1 || rows > WIDTH_MAX) {
            throw LlamaException.bounds("rows", rows, "1 to " + WIDTH_MAX);
        }
        if (columns * rows > ELEMENTS_MAX) {
            throw LlamaException.bounds("numbers of a tensor", columns * rows, "at most " + ELEMENTS_MAX);
        }
    }

    private Tensor keep(int columns, int rows, Kind kind, Operation operation, Tensor... from) {
        LlamaException.within("tensors", tensors.size() + 1, 0, TENSORS_MAX + 1);
        var tensor = new Tensor(this, columns, rows, kind, operation, List.of(from));
        tensors.add(tensor);
        return tensor;
    }

    /**
     * The product of a matrix of weights (a row for each output) and a batch (a row for each datum): a row of outputs for
     * each datum.
     *
     * @throws LlamaException if their rows are not of one length
     */
    public Tensor mulMat(Tensor weights, Tensor batch) {
        own(weights);
        own(batch);
        if (weights.columns() != batch.columns()) {
            throw mismatch(weights, batch);
        }
        shape(weights.rows(), batch.rows());
        return keep(
                weights.rows(),
                batch.rows(),
                Kind.RESULT,
                (context, made) -> Llama.ggml_mul_mat(context, weights.in(made), batch.in(made)),
                weights,
                batch);
    }

    /**
     * The sum; {@code b} may be one row, which is added to every row.
     *
     * @throws LlamaException if their shapes do not go together
     */
    public Tensor add(Tensor a, Tensor b) {
        repeats(a, b);
        return like(a, (context, made) -> Llama.ggml_add(context, a.in(made), b.in(made)), b);
    }

    /**
     * The product number by number; {@code b} may be one row, which multiplies every row.
     *
     * @throws LlamaException if their shapes do not go together
     */
    public Tensor mul(Tensor a, Tensor b) {
        repeats(a, b);
        return like(a, (context, made) -> Llama.ggml_mul(context, a.in(made), b.in(made)), b);
    }

    /** All numbers times a factor. */
    public Tensor scale(Tensor a, double factor) {
        own(a);
        if (!Double.isFinite(factor)) {
            throw new LlamaException("argument out of bounds", "factor is " + factor, "It must be finite.");
        }
        return like(a, (context, made) -> Llama.ggml_scale(context, a.in(made), (float) factor));
    }

    /** The greater of each number and 0. */
    public Tensor relu(Tensor a) {
        own(a);
        return like(a, (context, made) -> Llama.ggml_relu(context, a.in(made)));
    }

    /** Each number times its sigmoid. */
    public Tensor silu(Tensor a) {
        own(a);
        return like(a, (context, made) -> Llama.ggml_silu(context, a.in(made)));
    }

    /**
     * Each row divided by the root of the mean of its squares.
     *
     * @param epsilon added to that mean, above 0 and below 1
     */
    public Tensor rmsNorm(Tensor a, double epsilon) {
        own(a);
        if (!(epsilon > 0 && epsilon < 1)) {
            throw new LlamaException("argument out of bounds", "epsilon is " + epsilon, "Above 0 and below 1.");
        }
        return like(a, (context, made) -> Llama.ggml_rms_norm(context, a.in(made), (float) epsilon));
    }

    /** Each row as probabilities. */
    public Tensor softMax(Tensor a) {
        own(a);
        return like(a, (context, made) -> Llama.ggml_soft_max(context, a.in(made)));
    }

    private Tensor like(Tensor a, Operation operation, Tensor... others) {
        var from = new ArrayList<>(List.of(others));
        from.add(a);
        return keep(a.columns(), a.rows(), Kind.RESULT, operation, from.toArray(Tensor[]::new));
    }

    private void repeats(Tensor a, Tensor b) {
        own(a);
        own(b);
        if (a.columns() != b.columns() || (b.rows() != 1 && b.rows() != a.rows())) {
            throw mismatch(a, b);
        }
    }

    private static LlamaException mismatch(Tensor a, Tensor b) {
        return new LlamaException(
                "two matrices do not go together",
                a.columns() + "x" + a.rows() + " and " + b.columns() + "x" + b.rows(),
                "Their rows must be of one length, and as many, or one.");
    }

    /** Refuses another graph's tensor, and anything new once an optimizer has the graph. */
    private void own(Tensor tensor) {
        if (tensor.graph != this) {
            throw new LlamaException("the tensor is of another graph", "", "Use one graph.");
        }
        fixed.check();
        if (optimizer.isPresent()) {
            throw new LlamaException("an optimizer has the graph", "", "Build all of it before.");
        }
    }

    /** All tensors, made in a context: a result must be made anew for each run, because running gives it memory. */
    MemorySegment[] make(MemorySegment context) {
        var made = new MemorySegment[tensors.size()];
        for (var i = 0; i < made.length; i++) {
            made[i] = tensors.get(i).operation.make(context, made);
        }
        return made;
    }

    static MemorySegment pointer(Tensor leaf) {
        return leaf.operation.make(MemorySegment.NULL, new MemorySegment[0]);
    }

    /**
     * Gives all inputs and parameters their memory, zeros at first; once, when all of them are there.
     *
     * @throws LlamaException if there is not enough, or none of them
     */
    public void allocate() {
        if (buffer.isTaken() || tensors.stream().allMatch(t -> t.kind == Kind.RESULT)) {
            throw new LlamaException("nothing to allocate", "", "Add inputs and parameters, then allocate once.");
        }
        if (!buffer.take(
                Llama.ggml_backend_alloc_ctx_tensors(fixed.pointer(), backend.pointer()),
                Llama::ggml_backend_buffer_free)) {
            throw failed();
        }
        Llama.ggml_backend_buffer_clear(buffer.pointer(), (byte) 0);
    }

    /**
     * Computes a tensor and returns its numbers, row by row.
     *
     * @throws LlamaException if it is no result, the graph is not allocated, or an optimizer has it
     */
    public float[] compute(Tensor result) {
        own(result);
        allocated();
        if (result.kind != Kind.RESULT) {
            throw new LlamaException("the tensor is not computed", "", "Compute the result of an operation.");
        }
        try (var arena = Arena.ofConfined();
                var context = new Owned("graph")) {
            context(
                    arena,
                    context,
                    TENSORS_MAX * Llama.ggml_tensor_overhead() + Llama.ggml_graph_overhead_custom(NODES_MAX, false));
            var output = result.in(make(context.pointer()));
            var graph = Llama.ggml_new_graph_custom(context.pointer(), NODES_MAX, false);
            Llama.ggml_set_output(output);
            Llama.ggml_build_forward_expand(graph, output);
            Llama.ggml_backend_sched_reset(scheduler.pointer());
            if (!Llama.ggml_backend_sched_alloc_graph(scheduler.pointer(), graph)
                    || Llama.ggml_backend_sched_graph_compute(scheduler.pointer(), graph)
                            != Llama.GGML_STATUS_SUCCESS()) {
                throw new LlamaException("the graph cannot be computed", library.takeError(), "Make it smaller.");
            }
            var numbers = read(output, result.elements());
            Llama.ggml_backend_sched_reset(scheduler.pointer());
            return numbers;
        }
    }

    private void allocated() {
        if (!buffer.isTaken()) {
            throw new LlamaException("the graph is not allocated", "", "Allocate it first.");
        }
    }

    private void set(Tensor tensor, float[] numbers) {
        buffer.check();
        allocated();
        if (tensor.kind == Kind.RESULT) {
            throw new LlamaException("a result is computed, not set", "", "Set inputs and parameters.");
        }
        LlamaException.within("numbers", numbers.length, tensor.elements(), tensor.elements() + 1);
        write(pointer(tensor), numbers);
    }

    private float[] get(Tensor tensor) {
        buffer.check();
        allocated();
        if (tensor.kind == Kind.RESULT) {
            throw new LlamaException("a result is returned when it is computed", "", "Compute it.");
        }
        return read(pointer(tensor), tensor.elements());
    }

    static void write(MemorySegment tensor, float[] numbers) {
        try (var arena = Arena.ofConfined()) {
            Llama.ggml_backend_tensor_set(
                    tensor, arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers), 0, 4L * numbers.length);
        }
    }

    static float[] read(MemorySegment tensor, int count) {
        try (var arena = Arena.ofConfined()) {
            var numbers = arena.allocate(ValueLayout.JAVA_FLOAT, count);
            Llama.ggml_backend_tensor_get(tensor, numbers, 0, 4L * count);
            return numbers.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    /** Hands the graph to an optimizer, for good. */
    void claim(Optimizer by, Tensor input, Tensor output) {
        own(input);
        own(output);
        allocated();
        if (input.kind != Kind.INPUT
                || output.kind != Kind.RESULT
                || input.rows() != output.rows()
                || behind(output).stream().noneMatch(t -> t.kind == Kind.PARAMETER)) {
            throw new LlamaException(
                    "nothing to learn here", "", "An input, a result with as many rows, and a parameter are needed.");
        }
        optimizer = Optional.of(by);
    }

    private static Set<Tensor> behind(Tensor output) {
        var found = new LinkedHashSet<Tensor>();
        var open = new ArrayDeque<>(List.of(output));
        while (!open.isEmpty()) {
            var tensor = open.remove();
            if (found.add(tensor)) {
                open.addAll(tensor.from);
            }
        }
        return found;
    }

    /** A context with room for what an optimizer adds: the way back through every tensor, and a step for each parameter. */
    void trainingContext(Arena arena, Owned owner) {
        var tensorBytes = NODES_MAX * 4 * Llama.ggml_tensor_overhead();
        context(arena, owner, tensorBytes + 4 * Llama.ggml_graph_overhead_custom(NODES_MAX, true));
    }

    MemorySegment scheduler() {
        return scheduler.pointer();
    }

    /** Frees it, and its optimizer; once, however often it is called. */
    @Override
    public void close() {
        optimizer.ifPresent(Optimizer::close);
        scheduler.close();
        buffer.close();
        fixed.close();
        backend.close();
    }
}
