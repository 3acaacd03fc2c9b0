package omni.api;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import java.util.concurrent.ExecutorService;

/** Helidon's context of a connection, with our reader and writer in place of its own. */
record WireContext(ConnectionContext of, DataReader dataReader, DataWriter dataWriter) implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
        return of.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return of.executor();
    }

    @Override
    public Router router() {
        return of.router();
    }

    @Override
    public HelidonSocket serverSocket() {
        return of.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return of.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return of.localPeer();
    }

    @Override
    public boolean isSecure() {
        return of.isSecure();
    }

    @Override
    public String socketId() {
        return of.socketId();
    }

    @Override
    public String childSocketId() {
        return of.childSocketId();
    }
}
