package omni.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads a model, decodes a token and unloads it, over and over, and watches what the process holds.
 *
 * <p>{@code Cycles NATIVES MODEL COUNT} prints a line a tenth of the way, and ends with 1 where the process grew: resident
 * memory by more than 16 MiB from the second tenth to the last, or a descriptor.
 */
final class Cycles {
    private static final long GROWTH_KIB_MAX = 16 * 1024;
    private static final int PARTS = 10;

    private Cycles() {}

    /** What the process holds now ({@code proc(5)}). */
    record Usage(long residentKib, int descriptors, int mappings) {
        static Usage now() throws IOException {
            var resident = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
            try (var descriptors = Files.list(Path.of("/proc/self/fd"));
                    var mappings = Files.lines(Path.of("/proc/self/maps"))) {
                return new Usage(resident, (int) descriptors.count(), (int) mappings.count());
            }
        }
    }

    /** One load, one token, one unload; with a sampler that has a grammar, and a saved sequence. */
    static void once(LlamaLibrary library, Path file) {
        try (var model = Model.load(library, file, ModelParams.defaults());
                var context = Context.create(model, ContextParams.generation(256, 1, 1));
                var sampler = Sampler.chain(model)
                        .grammar("root ::= [a-z ]+", "root")
                        .topK(10)
                        .dist(1)
                        .build()) {
            var batch = Batch.allocate(1, 1);
            batch.add(300, 0, 0, true);
            if (context.decode(batch) != DecodeResult.DONE) {
                throw new IllegalStateException("the token was not decoded");
            }
            sampler.sample(context, 0);
            try (var state = context.save(0)) {
                context.restore(0, state);
            }
        }
    }

    public static void main(String[] args) throws IOException {
        var library = LlamaLibrary.open(Path.of(args[0]));
        var file = Path.of(args[1]);
        var count = Integer.parseInt(args[2]);
        var start = System.nanoTime();
        Usage first = null;
        var last = Usage.now();
        System.out.println("cycles  resident KiB  descriptors  mappings  seconds");
        for (var cycle = 1; cycle <= count; cycle++) {
            once(library, file);
            if (cycle % Math.max(1, count / PARTS) == 0) {
                // Garbage of Java's own is not what is looked for.
                System.gc();
                last = Usage.now();
                first = first == null && cycle >= 2 * count / PARTS ? last : first;
                System.out.printf(
                        Locale.ROOT,
                        "%6d  %12d  %11d  %8d  %7.0f%n",
                        cycle,
                        last.residentKib(),
                        last.descriptors(),
                        last.mappings(),
                        (System.nanoTime() - start) / 1e9);
            }
        }
        var flat = first != null
                && last.residentKib() - first.residentKib() <= GROWTH_KIB_MAX
                && last.descriptors() <= first.descriptors();
        System.out.println(flat ? "flat" : "GREW");
        System.exit(flat ? 0 : 1);
    }
}
