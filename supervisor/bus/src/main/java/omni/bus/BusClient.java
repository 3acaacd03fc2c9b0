package omni.bus;

import java.nio.file.Path;

/** Stage one. */
public final class BusClient implements AutoCloseable {
    private BusClient() {}

    public static BusClient to(Path socket) {
        return to(socket, BusLimits.defaults());
    }

    public static BusClient to(Path socket, BusLimits limits) {
        String what = "" + socket + limits;
        throw new BusException.Unavailable(what, null);
    }

    public <P, R> R call(BusMethod<P, R> method, P in) {
        String what = "" + method + in;
        throw new BusException.Unavailable(what, null);
    }

    public <P, R> ReplyStream<R> more(BusMethod<P, R> method, P in) {
        String what = "" + method + in;
        throw new BusException.Unavailable(what, null);
    }

    public <P, R> void oneway(BusMethod<P, R> method, P in) {
        String what = "" + method + in;
        throw new BusException.Unavailable(what, null);
    }

    @Override
    public void close() {}
}
