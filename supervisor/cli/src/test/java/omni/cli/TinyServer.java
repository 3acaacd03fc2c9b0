package omni.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server of one model that answers every request with as many words as it wants tokens; a prompt's words are its tokens. */
final class TinyServer implements AutoCloseable {
    final List<String> keys = new CopyOnWriteArrayList<>();
    final List<String> bodies = new CopyOnWriteArrayList<>();
    /** Says nothing more from then on. */
    volatile boolean silent;

    private final ServerSocket socket;

    TinyServer() throws IOException {
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
    }

    String url() {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                var client = socket.accept();
                Thread.ofVirtual().start(() -> answer(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void answer(Socket client) {
        try (client;
                var in =
                        new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
            int length = 0;
            var first = in.readLine();
            for (var line = first; line != null && !line.isEmpty(); line = in.readLine()) {
                if (line.startsWith("Authorization: ")) {
                    keys.add(line.substring("Authorization: ".length()));
                } else if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length: ")) {
                    length = Integer.parseInt(line.substring("content-length: ".length()));
                }
            }
            var body = new char[length];
            for (int read = 0; read < length; ) {
                read += Math.max(1, in.read(body, read, length - read));
            }
            var out = client.getOutputStream();
            out.write(reply(String.valueOf(first), new String(body)).getBytes(StandardCharsets.UTF_8));
            out.flush();
            if (silent) {
                var _ = in.read(); // until the client goes
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String reply(String request, String body) {
        if (request.contains("/v1/models")) {
            return head("application/json") + "{\"data\":[{\"id\":\"tiny\"}]}";
        }
        bodies.add(body);
        if (silent) {
            return head("text/event-stream");
        }
        var asked = Json.parse(body);
        var text = new StringBuilder(head("text/event-stream"));
        for (int i = 0; i < asked.path("max_tokens").asInt(); i++) {
            text.append("data: {\"choices\":[{\"text\":\"word \"}]}\n\n");
        }
        return text.append("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":")
                .append(asked.path("prompt").asString("").split("\\s", -1).length)
                .append(",\"completion_tokens\":")
                .append(asked.path("max_tokens").asInt())
                .append("}}\n\ndata: [DONE]\n\n")
                .toString();
    }

    private static String head(String type) {
        return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nConnection: close\r\n\r\n";
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
