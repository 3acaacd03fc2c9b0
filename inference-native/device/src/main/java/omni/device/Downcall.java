package omni.device;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodType;
import java.util.function.UnaryOperator;

/** Calls a native function whose type is known only when it runs. */
final class Downcall {
    private Downcall() {}

    /** Returns what the function returns, boxed. The arguments are boxed too and of its type. */
    static Object invoke(MethodHandle function, Object... arguments) {
        MethodHandle one = function.asSpreader(Object[].class, arguments.length)
                .asType(MethodType.methodType(Object.class, Object.class));
        @SuppressWarnings("unchecked") // the handle takes and returns any object
        UnaryOperator<Object> call = MethodHandleProxies.asInterfaceInstance(UnaryOperator.class, one);
        return call.apply(arguments);
    }
}
