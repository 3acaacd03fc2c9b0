package omni.llama;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.util.Locale;
import java.util.function.IntUnaryOperator;

/**
 * The system's priority of one thread. Threads that llama.cpp starts from it inherit it, so that what a thread of low
 * priority has computed gives way to everything else. There is no way back without privileges: use a thread for it that
 * ends.
 *
 * <p>Source: setpriority(2), whose Linux form takes 0 for the calling thread; Darwin's PRIO_DARWIN_THREAD. Any thread.
 */
public final class ThreadPriority {
    private static final int PRIO_PROCESS = 0;
    private static final int LOW_NICE = 10;
    private static final int PRIO_DARWIN_THREAD = 3;
    private static final int PRIO_DARWIN_BG = 0x1000;

    private ThreadPriority() {}

    /** Lowers that of the calling thread; whether the system did. A virtual thread must not call it. */
    public static boolean lower() {
        var mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
        var linker = Linker.nativeLinker();
        var type = FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        return linker.defaultLookup()
                .find("setpriority")
                .map(symbol -> MethodHandles.insertArguments(
                        linker.downcallHandle(symbol, type), 0, mac ? PRIO_DARWIN_THREAD : PRIO_PROCESS, 0))
                .map(handle -> MethodHandleProxies.asInterfaceInstance(IntUnaryOperator.class, handle))
                .filter(set -> set.applyAsInt(mac ? PRIO_DARWIN_BG : LOW_NICE) == 0)
                .isPresent();
    }
}
