package omni.vault;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Pages of this process's own, from the C library: Linux on x86-64 and arm64, and macOS on arm64. Safe from any thread.
 *
 * <p>Sources: mmap(2), mprotect(2), mlock(2), madvise(2), munmap(2), getpagesize(2); numbers from asm-generic/mman-common.h, and
 * from macOS's sys/mman.h.
 */
final class Pages {
    private static final boolean LINUX =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 0x1 | 0x2;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x2 | (LINUX ? 0x20 : 0x1000);
    private static final int NO_FILE = -1;
    private static final long MAP_FAILED = -1;
    private static final int MADV_DONTDUMP = 16;
    private static final int MADV_WIPEONFORK = 18;
    /** Of macOS: wired pages are zeroed when they are unmapped. */
    private static final int MADV_ZERO_WIRED_PAGES = 6;

    private static final MethodHandle MMAP = link(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MPROTECT =
            link("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MLOCK = link("mlock", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MADVISE =
            link("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MUNMAP = link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    /** Of a page; a power of two. */
    static final long BYTES = invoke(
            () -> (int) link("getpagesize", FunctionDescriptor.of(JAVA_INT)).invokeExact());

    private Pages() {}

    /**
     * Maps that many bytes, whole pages, which nothing may read or write yet.
     *
     * @throws VaultException FAILED where the system gives none
     */
    static long reserve(long bytes) throws VaultException {
        long address = invoke(() -> (long) MMAP.invokeExact(0L, bytes, PROT_NONE, MAP_PRIVATE_ANONYMOUS, NO_FILE, 0L));
        if (address == MAP_FAILED) {
            throw new VaultException(VaultException.Reason.FAILED, "The system gives no memory for secrets.");
        }
        return address;
    }

    /** Lets pages that were reserved be read and written; false where the system has no memory for them. */
    static boolean open(long address, long bytes) {
        return invoke(() -> (int) MPROTECT.invokeExact(address, bytes, PROT_READ_WRITE)) == 0;
    }

    /** Keeps pages out of the swap; false where the limit of locked memory (RLIMIT_MEMLOCK) does not allow it. */
    static boolean lock(long address, long bytes) {
        return invoke(() -> (int) MLOCK.invokeExact(address, bytes)) == 0;
    }

    /**
     * Keeps pages out of core dumps and out of children of a fork; on macOS, which knows neither, has them zeroed when they are
     * unmapped. False where the system does not take it.
     */
    static boolean hide(long address, long bytes) {
        if (!LINUX) {
            return advise(address, bytes, MADV_ZERO_WIRED_PAGES);
        }
        boolean undumped = advise(address, bytes, MADV_DONTDUMP);
        return advise(address, bytes, MADV_WIPEONFORK) && undumped;
    }

    private static boolean advise(long address, long bytes, int advice) {
        return invoke(() -> (int) MADVISE.invokeExact(address, bytes, advice)) == 0;
    }

    /** Gives pages back, whatever was done with them. */
    static void release(long address, long bytes) {
        if (invoke(() -> (int) MUNMAP.invokeExact(address, bytes)) != 0) {
            throw new IllegalStateException("munmap(2) refuses what mmap(2) gave");
        }
    }

    private static MethodHandle link(String function, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), type);
    }

    /** One call of a C function by its handle. A handle of a C function throws nothing, though its type says so. */
    private interface Invocation<T, E extends Throwable> {
        T call() throws E;
    }

    private static <T> T invoke(Invocation<T, Throwable> invocation) {
        return Pages.<T, RuntimeException>unchecked(invocation);
    }

    @SuppressWarnings("unchecked") // the type parameter is erased: what is thrown goes on as it is
    private static <T, E extends Throwable> T unchecked(Invocation<T, ?> invocation) throws E {
        return ((Invocation<T, E>) invocation).call();
    }
}
