package omni.llama;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandleProxies;
import java.util.Optional;
import java.util.function.IntBinaryOperator;
import java.util.function.LongToIntFunction;

/**
 * The C library's allocator, told to give memory back. By itself glibc learns from the first big buffer that is freed to
 * keep buffers of that size, an arena a thread: a process that loads and unloads models then grows with every load, by
 * hundreds of megabytes. With a fixed threshold each big buffer is a mapping of its own, and freeing it frees it.
 *
 * <p>Source: mallopt(3), malloc_trim(3). Where the C library has no such functions there is nothing to do. Any thread.
 */
final class Malloc {
    private static final int M_MMAP_THRESHOLD = -3;
    private static final int MMAP_THRESHOLD_BYTES = 1 << 20;

    private static final Optional<LongToIntFunction> TRIM = function(
            "malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG), LongToIntFunction.class);

    private Malloc() {}

    /** Makes every buffer of a megabyte or more a mapping of its own, for the whole process; whether it did. */
    static boolean fixThreshold() {
        return function(
                        "mallopt",
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                        IntBinaryOperator.class)
                .filter(mallopt -> mallopt.applyAsInt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES) == 1)
                .isPresent();
    }

    /** Gives what is free in all arenas back to the system; a few milliseconds. Whether there was any. */
    static boolean trim() {
        return TRIM.filter(trim -> trim.applyAsInt(0L) == 1).isPresent();
    }

    private static <T> Optional<T> function(String name, FunctionDescriptor descriptor, Class<T> shape) {
        var linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find(name)
                .map(symbol ->
                        MethodHandleProxies.asInterfaceInstance(shape, linker.downcallHandle(symbol, descriptor)));
    }
}
