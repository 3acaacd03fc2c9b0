package omni.llama;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import omni.llama.Optimizer.AdamW;
import omni.llama.Optimizer.Loss;
import org.junit.jupiter.api.Test;

class GraphTest {
    private static Graph graph() {
        return Graph.create(Seed.LIBRARY, 1);
    }

    @Test
    void computesWhatWasBuiltAsOftenAsAsked() {
        try (var graph = graph()) {
            var weights = graph.parameter(2, 3);
            var bias = graph.parameter(3, 1);
            var batch = graph.input(2, 2);
            var product = graph.mulMat(weights, batch);
            var sum = graph.add(product, bias);
            var bent = graph.relu(sum);
            graph.allocate();
            weights.set(new float[] {1, 2, 3, 4, -5, -6});
            bias.set(new float[] {0.5f, 0, 0});
            batch.set(new float[] {1, 1, 2, -1});
            assertArrayEquals(new float[] {3, 7, -11, 0, 2, -4}, graph.compute(product));
            assertArrayEquals(new float[] {3.5f, 7, -11, 0.5f, 2, -4}, graph.compute(sum));
            assertArrayEquals(new float[] {3.5f, 7, 0, 0.5f, 2, 0}, graph.compute(bent));
            batch.set(new float[] {0, 0, 0, 0});
            for (var i = 0; i < 2000; i++) {
                assertArrayEquals(new float[] {0.5f, 0, 0, 0.5f, 0, 0}, graph.compute(bent));
            }
            assertArrayEquals(new float[] {1, 2, 3, 4, -5, -6}, weights.get());
        }
    }

    @Test
    void theOperationsAreWhatTheirNamesSay() {
        try (var graph = graph()) {
            var a = graph.input(2, 2);
            var b = graph.input(2, 1);
            var product = graph.mul(a, b);
            var scaled = graph.scale(a, -2);
            var silu = graph.silu(a);
            var norm = graph.rmsNorm(a, 1e-6);
            var probabilities = graph.softMax(a);
            graph.allocate();
            a.set(new float[] {1, 2, 3, 4});
            b.set(new float[] {10, 100});
            assertArrayEquals(new float[] {10, 200, 30, 400}, graph.compute(product));
            assertArrayEquals(new float[] {-2, -4, -6, -8}, graph.compute(scaled));
            assertEquals(2 / (1 + Math.exp(-2)), graph.compute(silu)[1], 1e-3);
            var root = (float) Math.sqrt((1 + 4) / 2.0);
            assertArrayEquals(new float[] {1 / root, 2 / root}, firstRow(graph.compute(norm)), 1e-4f);
            assertEquals(1 / (1 + Math.exp(1)), graph.compute(probabilities)[0], 1e-4);
        }
    }

    private static float[] firstRow(float[] numbers) {
        return new float[] {numbers[0], numbers[1]};
    }

    @Test
    void learnsExclusiveOr() {
        try (var graph = graph()) {
            var random = new Random(1);
            var in = graph.input(2, 4);
            var first = graph.parameter(2, 16);
            var firstBias = graph.parameter(16, 1);
            var second = graph.parameter(16, 1);
            var secondBias = graph.parameter(1, 1);
            var hidden = graph.silu(graph.add(graph.mulMat(first, in), firstBias));
            var out = graph.add(graph.mulMat(second, hidden), secondBias);
            graph.allocate();
            first.set(randoms(random, 32));
            second.set(randoms(random, 16));
            var inputs = new float[] {0, 0, 0, 1, 1, 0, 1, 1};
            var labels = new float[] {0, 1, 1, 0};
            try (var optimizer = Optimizer.create(graph, in, out, Loss.MEAN_SQUARED_ERROR, AdamW.of(0.02))) {
                var start = optimizer.evaluate(inputs, labels);
                assertEquals(start, optimizer.evaluate(inputs, labels), 1e-6, "looking does not learn");
                for (var i = 0; i < 600; i++) {
                    optimizer.step(inputs, labels);
                }
                optimizer.setParams(AdamW.of(0.001));
                for (var i = 0; i < 100; i++) {
                    optimizer.step(inputs, labels);
                }
                var end = optimizer.evaluate(inputs, labels);
                assertTrue(start > 0.1 && end < 0.001, start + " to " + end);
                assertTrue(
                        Math.abs(second.get()[0]) > 0 && !Double.isNaN(second.get()[0]),
                        "what was learned can be read");
            }
        }
    }

    @Test
    void learnsToClassify() {
        try (var graph = graph()) {
            var in = graph.input(3, 6);
            var weights = graph.parameter(3, 3);
            var out = graph.mulMat(weights, in);
            graph.allocate();
            var inputs = new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 0, 2, 0, 0, 0, 2};
            var labels = new float[] {0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};
            var optimizer = Optimizer.create(graph, in, out, Loss.CROSS_ENTROPY, AdamW.of(0.1));
            assertEquals(Math.log(3), optimizer.evaluate(inputs, labels), 1e-4, "three ways, no idea");
            for (var i = 0; i < 200; i++) {
                optimizer.step(inputs, labels);
            }
            assertTrue(optimizer.evaluate(inputs, labels) < 0.01);
        }
    }

    private static float[] randoms(Random random, int count) {
        var numbers = new float[count];
        for (var i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian() * 0.7f;
        }
        return numbers;
    }

    @Test
    void shapesThatDoNotGoTogetherAreRefused() {
        try (var graph = graph();
                var other = graph()) {
            var wide = graph.input(3, 2);
            var narrow = graph.input(2, 2);
            var tall = graph.input(3, 3);
            assertThrows(LlamaException.class, () -> graph.mulMat(wide, narrow));
            assertThrows(LlamaException.class, () -> graph.add(wide, narrow));
            assertThrows(LlamaException.class, () -> graph.add(wide, tall));
            assertThrows(LlamaException.class, () -> graph.mul(tall, wide));
            assertThrows(LlamaException.class, () -> graph.relu(other.input(1, 1)), "another graph's");
            assertThrows(LlamaException.class, () -> graph.scale(wide, Double.NaN));
            assertThrows(LlamaException.class, () -> graph.rmsNorm(wide, 0));
            assertThrows(LlamaException.class, () -> graph.rmsNorm(wide, 1));
            assertThrows(LlamaException.class, () -> graph.input(0, 1));
            assertThrows(LlamaException.class, () -> graph.input(1, 0));
            assertThrows(LlamaException.class, () -> graph.input(Graph.WIDTH_MAX + 1, 1));
            assertThrows(LlamaException.class, () -> graph.input(1, Graph.WIDTH_MAX + 1));
            assertThrows(LlamaException.class, () -> graph.input(8192, Graph.ELEMENTS_MAX / 8192 + 1));
        }
    }

    @Test
    void theOrderOfThingsIsKept() {
        var graph = graph();
        assertThrows(LlamaException.class, graph::allocate, "nothing there");
        var in = graph.input(2, 2);
        var out = graph.relu(in);
        assertThrows(LlamaException.class, () -> in.set(new float[4]), "not allocated");
        assertThrows(LlamaException.class, () -> graph.compute(out), "not allocated");
        graph.allocate();
        assertThrows(LlamaException.class, graph::allocate, "twice");
        assertThrows(LlamaException.class, () -> graph.input(1, 1), "too late");
        assertThrows(LlamaException.class, () -> in.set(new float[5]));
        assertThrows(LlamaException.class, () -> in.set(new float[3]));
        assertThrows(LlamaException.class, () -> out.set(new float[4]));
        assertThrows(LlamaException.class, out::get);
        assertThrows(LlamaException.class, () -> graph.compute(in));
        assertThrows(
                LlamaException.class,
                () -> Optimizer.create(graph, in, out, Loss.CROSS_ENTROPY, AdamW.of(0.1)),
                "no parameter");
        var sum = out;
        for (var tensors = 2; tensors < Graph.TENSORS_MAX; tensors++) {
            sum = graph.add(sum, out);
        }
        var last = sum;
        assertThrows(LlamaException.class, () -> graph.add(last, out), "one tensor too many");
        in.set(new float[] {1, 1, 1, 1});
        assertEquals(Graph.TENSORS_MAX - 1, graph.compute(last)[0]);
        graph.close();
        graph.close();
        assertThrows(LlamaException.class, () -> graph.compute(out));
        assertThrows(LlamaException.class, () -> in.set(new float[4]));
        assertThrows(LlamaException.class, in::get);
        assertThrows(LlamaException.class, () -> Graph.create(Seed.LIBRARY, 0));
        assertThrows(LlamaException.class, () -> Graph.create(Seed.LIBRARY, ContextParams.THREADS_MAX + 1));
    }

    @Test
    void theLongestGraphCanBeLearned() {
        try (var graph = graph()) {
            var in = graph.input(2, 2);
            var factor = graph.parameter(2, 1);
            var at = graph.mul(in, factor);
            for (var tensors = 3; tensors < Graph.TENSORS_MAX; tensors++) {
                at = graph.mul(at, factor);
            }
            graph.allocate();
            factor.set(new float[] {1, 1});
            var optimizer = Optimizer.create(graph, in, at, Loss.MEAN_SQUARED_ERROR, AdamW.of(1e-5));
            var before = optimizer.step(new float[] {1, 1, 1, 1}, new float[] {2, 2, 2, 2});
            var after = optimizer.step(new float[] {1, 1, 1, 1}, new float[] {2, 2, 2, 2});
            assertTrue(after < before, before + " to " + after);
            assertThrows(LlamaException.class, () -> optimizer.step(new float[5], new float[4]));
            assertThrows(LlamaException.class, () -> optimizer.step(new float[4], new float[3]));
            assertThrows(LlamaException.class, () -> graph.relu(in), "the optimizer has it");
            assertThrows(
                    LlamaException.class,
                    () -> Optimizer.create(graph, in, in, Loss.CROSS_ENTROPY, AdamW.of(0.1)),
                    "a second one");
            optimizer.close();
            assertThrows(LlamaException.class, () -> optimizer.step(new float[4], new float[4]));
        }
    }

    @Test
    void theNumbersOfLearningAreCheckedOnePast() {
        for (var wrong : new double[][] {
            {0, 0.9, 0.9, 0, 0},
            {1.1, 0.9, 0.9, 0, 0},
            {0.1, -0.1, 0.9, 0, 0},
            {0.1, 1, 0.9, 0, 0},
            {0.1, 0.9, 1, 0, 0},
            {0.1, 0.9, 0.9, -1, 0},
            {0.1, 0.9, 0.9, 1.1, 0},
            {0.1, 0.9, 0.9, 0, 1.1},
            {Double.NaN, 0.9, 0.9, 0, 0}
        }) {
            assertThrows(LlamaException.class, () -> new AdamW(wrong[0], wrong[1], wrong[2], wrong[3], wrong[4]));
        }
    }
}
