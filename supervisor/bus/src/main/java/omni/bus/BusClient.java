package omni.bus;

import java.nio.file.Path;

/** Stage one. */
public final class BusClient implements AutoCloseable {
    private BusClient() {}

    public static BusClient to(Path socket) {
        return to(socket, BusLimits.defaults());
    }

    public static BusClient to(Path socket, BusLimits limits) {
        throw new BusException.Unavailable("" + socket + limits, null);
    }

    public <P, R> R call(BusMethod<P, R> method, P in) {
        throw new BusException.Unavailable("" + method + in, null);
    }

    public <P, R> ReplyStream<R> more(BusMethod<P, R> method, P in) {
        throw new BusException.Unavailable("" + method + in, null);
    }

    public <P, R> void oneway(BusMethod<P, R> method, P in) {
        throw new BusException.Unavailable("" + method + in, null);
    }

    @Override
    public void close() {}
}
