package omni.llama;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

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

    private static final Optional<MethodHandle> TRIM =
            function("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    private Malloc() {}

    /** Makes every buffer of a megabyte or more a mapping of its own, from now on and for the whole process. */
    static void fixThreshold() {
        function("mallopt", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                .ifPresent(mallopt -> call(mallopt, M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES));
    }

    /** Gives what is free in all arenas back to the system; a few milliseconds. */
    static void trim() {
        TRIM.ifPresent(trim -> call(trim, 0L));
    }

    private static Optional<MethodHandle> function(String name, FunctionDescriptor descriptor) {
        var linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name).map(symbol -> linker.downcallHandle(symbol, descriptor));
    }

    private static void call(MethodHandle function, Object... arguments) {
        try {
            function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("A function of the C library cannot be called.", e);
        }
    }
}
