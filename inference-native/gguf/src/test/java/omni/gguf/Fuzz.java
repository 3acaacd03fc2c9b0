package omni.gguf;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Damages small files and reads them: each is refused with a {@link GgufException} or read, never anything else, and no
 * parse allocates more than a fixed amount and a small multiple of the file. As a command: {@code Fuzz COUNT SEED THREADS}.
 */
final class Fuzz {
    /** What one parse may allocate whatever the file says, and for each byte of the file. */
    static final long ALLOCATED_BYTES_MAX = 65_536;

    static final long ALLOCATED_PER_BYTE_MAX = 24;
    private static final int WARM_FILES = 2_000;

    /** What came of a run. */
    static final class Outcome {
        long files;
        long accepted;
        long read;
        long allocatedBytesMost;
        double allocatedPerByteMost;
        final Map<GgufException.Code, Long> refused = new EnumMap<>(GgufException.Code.class);

        void add(Outcome other) {
            files += other.files;
            accepted += other.accepted;
            read += other.read;
            allocatedBytesMost = Math.max(allocatedBytesMost, other.allocatedBytesMost);
            allocatedPerByteMost = Math.max(allocatedPerByteMost, other.allocatedPerByteMost);
            other.refused.forEach((code, count) -> refused.merge(code, count, Long::sum));
        }
    }

    private final List<byte[]> samples;
    private final AtomicLong next = new AtomicLong();

    Fuzz(List<byte[]> samples) {
        this.samples = samples;
    }

    /** Reads so many damaged files on so many threads; which ones depends on the seed alone. */
    Outcome run(long count, long seed, int threads, PrintStream progress) throws InterruptedException {
        Outcome all = new Outcome();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<Outcome>> parts = new java.util.ArrayList<>();
            for (int i = 0; i < threads; i++) {
                parts.add(pool.submit(() -> work(count, seed, progress)));
            }
            for (Future<Outcome> part : parts) {
                all.add(part.get());
            }
        } catch (ExecutionException e) {
            throw new AssertionError("a damaged file did harm", e.getCause());
        }
        return all;
    }

    private Outcome work(long count, long seed, PrintStream progress) {
        Outcome outcome = new Outcome();
        List<Mutator> mutators = samples.stream().map(Mutator::new).toList();
        warm(mutators);
        for (long number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
            ByteBuffer file = mutators.get((int) (number % mutators.size())).mutate(seed + number);
            MemorySegment segment = MemorySegment.ofBuffer(file);
            long before = Allocation.bytes();
            try {
                one(segment, outcome);
            } catch (GgufException e) {
                outcome.refused.merge(e.code(), 1L, Long::sum);
            } catch (RuntimeException e) {
                throw new AssertionError("file " + number + " of seed " + seed, e);
            }
            long allocated = Allocation.bytes() - before;
            outcome.files++;
            outcome.allocatedBytesMost = Math.max(outcome.allocatedBytesMost, allocated);
            outcome.allocatedPerByteMost =
                    Math.max(outcome.allocatedPerByteMost, (allocated - ALLOCATED_BYTES_MAX) / (double) file.limit());
            if (allocated > ALLOCATED_BYTES_MAX + ALLOCATED_PER_BYTE_MAX * file.limit()) {
                throw new AssertionError("file " + number + " of seed " + seed + " took " + allocated + " bytes");
            }
            if ((number + 1) % 1_000_000 == 0) {
                progress.println((number + 1) + " files");
            }
        }
        return outcome;
    }

    /** Lets every class be loaded and linked, which allocates too. */
    private static void warm(List<Mutator> mutators) {
        for (int i = 0; i < WARM_FILES; i++) {
            try {
                one(MemorySegment.ofBuffer(mutators.get(i % mutators.size()).mutate(i)), new Outcome());
            } catch (GgufException e) {
                Allocation.bytes();
            }
        }
    }

    private static void one(MemorySegment segment, Outcome outcome) {
        Gguf file = Gguf.read(segment);
        outcome.read++;
        for (String key : file.keys()) {
            file.text(key);
            file.integers(key, 16);
            file.texts(key, 16);
            file.real(key);
        }
        GgufModel.of(List.of(file));
        outcome.accepted++;
    }

    /** Heap bytes that the current thread has allocated; by reflection, for the module does not need this otherwise. */
    static final class Allocation {
        private static final Object BEAN;
        private static final Method METHOD;

        static {
            try {
                BEAN = Class.forName("java.lang.management.ManagementFactory")
                        .getMethod("getThreadMXBean")
                        .invoke(null);
                METHOD = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("run with --add-modules jdk.management", e);
            }
        }

        private Allocation() {}

        static long bytes() {
            try {
                return (long) METHOD.invoke(BEAN);
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException("the allocation cannot be measured", e);
            }
        }
    }

    /** {@code COUNT SEED THREADS}, by default 10,000,000 files of seed 1 on all cores. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        long count = arguments.length > 0 ? Long.parseLong(arguments[0]) : 10_000_000;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        int threads = arguments.length > 2
                ? Integer.parseInt(arguments[2])
                : Runtime.getRuntime().availableProcessors();
        Path folder = Files.createTempDirectory("gguf-fuzz");
        long start = System.nanoTime();
        Outcome outcome = new Fuzz(Samples.all(folder)).run(count, seed, threads, System.err);
        System.out.printf(
                "%d files, seed %d: %d read, %d accepted as models, %d refused; most heap in one parse %d bytes; %d"
                        + " s%n",
                outcome.files,
                seed,
                outcome.read,
                outcome.accepted,
                outcome.refused.values().stream().mapToLong(Long::longValue).sum(),
                outcome.allocatedBytesMost,
                (System.nanoTime() - start) / 1_000_000_000);
        outcome.refused.forEach((code, times) -> System.out.println("  " + code.wire() + " " + times));
    }
}
