package omni.api;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.socket.TlsSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection by TLS, whose handshake is done. One thread may read while another writes. To {@link #close} it is abrupt, as
 * whoever is late deserves: the JDK's own way waits until what is being written is out, which a client that takes nothing never lets it.
 */
final class SecureSocket implements HelidonSocket {
    private final SocketChannel channel;
    private final SSLSocket tls;
    private final TlsSocket socket;

    SecureSocket(SocketChannel channel, SSLSocket tls, String id) {
        this.channel = channel;
        this.tls = tls;
        this.socket = TlsSocket.server(tls, id, "api");
    }

    /** Tells the client that there is no more, so that it need not suspect that somebody cut the rest off (RFC 8446, 6.1). */
    void sayGoodbye() {
        try {
            tls.shutdownOutput();
        } catch (IOException e) {
            Log.debug("a client was gone before it was told that there is no more", e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void idle() {
        // Late clients are the sweeper's.
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    @SuppressWarnings("removal") // as long as Helidon's interface has it
    public int read(BufferData buffer) {
        return socket.read(buffer);
    }

    @Override
    public void write(BufferData buffer) {
        socket.write(buffer);
    }

    @Override
    public byte @Nullable [] get() {
        return socket.get();
    }

    @Override
    public PeerInfo remotePeer() {
        return socket.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return socket.localPeer();
    }

    @Override
    public boolean isSecure() {
        return true;
    }

    @Override
    public String socketId() {
        return socket.socketId();
    }

    @Override
    public String childSocketId() {
        return socket.childSocketId();
    }
}
