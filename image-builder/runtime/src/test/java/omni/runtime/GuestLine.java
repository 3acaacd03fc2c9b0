package omni.runtime;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/** Somebody at the other end of the guest's serial line, who reads what comes and types a word at a prompt. For one thread. */
final class GuestLine implements AutoCloseable {
    private final SocketChannel line;
    private final StringBuilder seen = new StringBuilder();
    private int answered;

    private GuestLine(SocketChannel line) {
        this.line = line;
    }

    /** Waits until the guest's machine listens. */
    static GuestLine to(Path socket) {
        AtomicReference<GuestLine> connected = new AtomicReference<>();
        Await.until("the guest's line", () -> {
            try {
                SocketChannel line = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                line.configureBlocking(false);
                connected.set(new GuestLine(line));
            } catch (IOException e) {
                System.getLogger("omni.runtime").log(System.Logger.Level.DEBUG, "Not there yet", e);
            }
            return connected.get() != null;
        });
        return connected.get();
    }

    /** Types it, with Enter, once the prompt has come more often than something was typed. */
    boolean answer(String prompt, String word) throws IOException {
        read();
        int prompts = seen.toString().split(prompt, -1).length - 1;
        if (prompts <= answered) {
            return false;
        }
        answered = prompts;
        ByteBuffer keys = StandardCharsets.UTF_8.encode(word + "\r");
        while (keys.hasRemaining()) {
            line.write(keys);
        }
        return true;
    }

    /** All that has come. */
    String seen() throws IOException {
        read();
        return seen.toString();
    }

    private void read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        while (line.read(bytes) > 0) {
            seen.append(StandardCharsets.ISO_8859_1.decode(bytes.flip()));
            bytes.clear();
        }
    }

    @Override
    public void close() throws IOException {
        line.close();
    }
}
