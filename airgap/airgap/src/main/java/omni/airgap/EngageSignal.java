package omni.airgap;

import java.lang.reflect.Proxy;

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
            Object taker =
                    Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        switch (method.getName()) {
                            case "handle" -> action.run();
                            case "equals" -> {
                                return self == arguments[0];
                            }
                            case "hashCode" -> {
                                return System.identityHashCode(self);
                            }
                            case "toString" -> {
                                return "engage";
                            }
                            default -> throw new UnsupportedOperationException(method.getName());
                        }
                        return null;
                    });
            Object wanted = signal.getConstructor(String.class).newInstance(NAME);
            signal.getMethod("handle", signal, handler).invoke(null, wanted, taker);
        } catch (ReflectiveOperationException e) {
            throw new AirgapException("This system has no signal " + NAME + " to engage by.", e);
        }
    }
}
