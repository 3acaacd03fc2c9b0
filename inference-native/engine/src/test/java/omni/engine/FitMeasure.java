package omni.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import omni.gguf.Gguf;
import omni.gguf.GgufModel;
import omni.gguf.RandomModel;
import omni.gguf.RandomModel.Family;
import omni.gguf.RandomModel.Shape;
import omni.gguf.TensorType;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.ModelParams;

/**
 * Measures what a model takes and compares it with what {@link Fit} reckons: each load in a process of its own, with
 * random weights, until the whole context is decoded. {@code FitMeasure [--json] [SHAPE ...]} measures all, or those named.
 */
final class FitMeasure {
    static final int SEQUENCES = 16;
    static final int BATCH = 512;
    static final List<Integer> CONTEXTS = List.of(512, 1024, 2048);

    private FitMeasure() {}

    /** One load. */
    record Row(String shape, int context, CacheKind cache, long reckoned, long measured) {
        /** How far the reckoning is off, of what was measured. */
        double error() {
            return (reckoned - measured) / (double) measured;
        }
    }

    /** The five shapes: what they take is mostly weights, cache, or intermediate results. */
    static Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("llama", shape(Family.LLAMA, 8, 512, 8, 8, 64, 1408, 0, 0, 16_000, false, TensorType.F16));
        shapes.put("gqa", shape(Family.QWEN3, 16, 512, 16, 2, 128, 1536, 0, 0, 16_000, true, TensorType.Q8_0));
        shapes.put("qwen2", shape(Family.QWEN2, 8, 768, 12, 2, 64, 2048, 0, 0, 48_000, true, TensorType.Q4_K));
        shapes.put("gemma", shape(Family.GEMMA3, 6, 512, 4, 1, 256, 2048, 0, 0, 96_000, true, TensorType.Q8_0));
        shapes.put("moe", shape(Family.QWEN3MOE, 6, 512, 8, 4, 64, 512, 16, 2, 16_000, false, TensorType.F16));
        return shapes;
    }

    private static Shape shape(
            Family family,
            int layers,
            int embedding,
            int heads,
            int headsKv,
            int headLength,
            int forward,
            int experts,
            int used,
            int vocabulary,
            boolean tied,
            TensorType weights) {
        TensorType embeddings = weights == TensorType.Q4_K ? TensorType.Q6_K : weights;
        return new Shape(
                family,
                layers,
                embedding,
                heads,
                headsKv,
                headLength,
                forward,
                experts,
                used,
                vocabulary,
                32_768,
                tied,
                weights,
                embeddings);
    }

    /** Measures a model in a process of its own. */
    static Row measure(String name, Path file, int context, CacheKind cache) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // As little of Java's own as can be: its compiler alone takes up to 7 MB for a moment.
                        "-Xms10m",
                        "-Xmn4m",
                        "-Xmx256m",
                        "-Xint",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        Children.classPath(),
                        "omni.engine.FitMeasure",
                        "--one",
                        EngineFixture.nativeFolder().toString(),
                        file.toString(),
                        Integer.toString(context),
                        cache.name()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!child.waitFor(10, TimeUnit.MINUTES) || child.exitValue() != 0) {
            throw new IOException("the measurement ended with " + child.exitValue());
        }
        GgufModel model = GgufModel.of(List.of(Gguf.read(file)));
        Fit fit = Fit.of(model, new Fit.Plan(context, BATCH, SEQUENCES, cache.stored, WeightCopies.of(Path.of("/"))));
        return new Row(name, context, cache, fit.totalBytes(), Long.parseLong(said.strip()));
    }

    /** The child: prints by how many bytes VmHWM rises. */
    private static void one(Path natives, Path file, int context, CacheKind cache) throws IOException {
        LlamaLibrary library = LlamaLibrary.open(natives);
        System.gc();
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        long before = highWater();
        try (Model model = Model.load(library, file, ModelParams.defaults());
                Context decoding = Context.create(
                        model,
                        new ContextParams(
                                context,
                                BATCH,
                                BATCH,
                                SEQUENCES,
                                2,
                                2,
                                false,
                                ContextParams.Pooling.MODEL,
                                ContextParams.FlashAttention.AUTO,
                                true,
                                cache.type,
                                cache.type))) {
            Batch batch = Batch.allocate(BATCH, 1);
            int vocabulary = model.vocab().size();
            for (int at = 0; at < context; ) {
                batch.clear();
                int count = Math.min(BATCH, context - at);
                for (int i = 0; i < count; i++, at++) {
                    batch.add(3 + (int) ((at * 7919L) % (vocabulary - 3)), at, 0, i == count - 1);
                }
                decoding.decode(batch);
            }
            System.out.println(highWater() - before);
        }
    }

    private static long highWater() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("the kernel tells no VmHWM");
    }

    /** Measures, or is one of the measured. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(arguments));
        if (!words.isEmpty() && words.getFirst().equals("--one")) {
            one(
                    Path.of(words.get(1)),
                    Path.of(words.get(2)),
                    Integer.parseInt(words.get(3)),
                    CacheKind.valueOf(words.get(4)));
            return;
        }
        boolean json = words.remove("--json");
        Path folder = Files.createTempDirectory("omni-fit");
        if (!json) {
            System.out.println(
                    "| shape | context | cache | reckoned, MB | measured, MB | off by |\n|---|---|---|---|---|---|");
        }
        for (Map.Entry<String, Shape> shape : shapes().entrySet()) {
            if (!words.isEmpty() && !words.contains(shape.getKey())) {
                continue;
            }
            Path file = folder.resolve(shape.getKey() + ".gguf");
            RandomModel.write(file, shape.getValue(), 1);
            for (int context : CONTEXTS) {
                for (CacheKind cache : CacheKind.values()) {
                    Row row = measure(shape.getKey(), file, context, cache);
                    System.out.println(json ? json(row) : text(row));
                }
            }
            Files.delete(file);
        }
        Files.delete(folder);
    }

    private static String text(Row row) {
        return String.format(
                Locale.ROOT,
                "| %s | %d | %s | %.1f | %.1f | %+.1f %% |",
                row.shape,
                row.context,
                row.cache.name().toLowerCase(Locale.ROOT),
                row.reckoned / 1e6,
                row.measured / 1e6,
                row.error() * 100);
    }

    private static String json(Row row) {
        return String.format(
                Locale.ROOT,
                "{\"shape\":\"%s\",\"context\":%d,\"cache\":\"%s\",\"reckonedBytes\":%d,\"measuredBytes\":%d}",
                row.shape,
                row.context,
                row.cache.name().toLowerCase(Locale.ROOT),
                row.reckoned,
                row.measured);
    }
}
