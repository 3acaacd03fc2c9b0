package omni.airgap;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * {@code kill -PWR}: the shortest way to a gap, for scripts and for whoever has nothing but a shell. PWR, since the virtual machine
 * has taken USR1 and USR2 for itself, and nobody sends it by accident.
 */
final class EngageSignal {
    private static final String NAME = "PWR";

    private EngageSignal() {}

    /**
     * Does it at each signal, on a thread of its own. By reflection, because the compiler refuses every direct use of
     * sun.misc.Signal, which is the one way to signals in Java.
     *
     * @throws AirgapException where this system has no such signal
     */
    static void on(Runnable action) throws AirgapException {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle run = MethodHandles.lookup()
                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                    .bindTo(action);
            Object taker =
                    MethodHandleProxies.asInterfaceInstance(handler, MethodHandles.dropArguments(run, 0, signal));
            Object wanted = signal.getConstructor(String.class).newInstance(NAME);
            signal.getMethod("handle", signal, handler).invoke(null, wanted, taker);
        } catch (ReflectiveOperationException e) {
            throw new AirgapException("This system has no signal " + NAME + " to engage by.", e);
        }
    }
}
