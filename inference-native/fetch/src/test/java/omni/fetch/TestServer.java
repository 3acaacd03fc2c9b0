package omni.fetch;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/** An HTTP/1.1 server on sockets, one request a connection, that can also break every rule of HTTP. */
final class TestServer implements AutoCloseable {
    private final ServerSocket listener;
    private final boolean tls;
    private final Handler handler;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    final List<Request> seen = new CopyOnWriteArrayList<>();
    final AtomicLong bodyBytes = new AtomicLong();

    /** What answers. */
    interface Handler {
        void handle(Request request, Reply reply) throws IOException;
    }

    /** A request's head; header names in lower case. */
    record Request(String path, String query, Map<String, String> headers) {
        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }

        /** First and last byte asked for. */
        Optional<long[]> range() {
            return header("range").map(text -> {
                String[] ends = text.substring("bytes=".length()).split("-", 2);
                return new long[] {Long.parseLong(ends[0]), Long.parseLong(ends[1])};
            });
        }
    }

    TestServer(Handler handler) throws IOException {
        this(handler, Optional.empty());
    }

    TestServer(Handler handler, Optional<SSLContext> keys) throws IOException {
        this.handler = handler;
        this.tls = keys.isPresent();
        ServerSocketFactory factory = keys.<ServerSocketFactory>map(SSLContext::getServerSocketFactory)
                .orElse(ServerSocketFactory.getDefault());
        this.listener = factory.createServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("test-server").start(this::accept);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Optional<Request> request = read(in);
            if (request.isPresent()) {
                seen.add(request.get());
                Reply reply = new Reply(socket, in);
                handler.handle(request.get(), reply);
                reply.out.flush();
            }
        } catch (IOException e) {
            // The client left, as it may.
            System.getLogger("test").log(System.Logger.Level.DEBUG, "A connection ended", e);
        } finally {
            open.remove(socket);
        }
    }

    private static Optional<Request> read(InputStream in) throws IOException {
        String[] first = line(in).split(" ", -1);
        if (first.length < 2) {
            return Optional.empty();
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        String[] target = first[1].split("\\?", 2);
        return Optional.of(new Request(target[0], target.length > 1 ? target[1] : "", headers));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            if (b != '\r') {
                bytes.write(b);
            }
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** Scheme, host and port. */
    URI base() {
        return URI.create(
                (tls ? "https" : "http") + "://" + (tls ? "localhost" : "127.0.0.1") + ":" + listener.getLocalPort());
    }

    URI at(String path) {
        return URI.create(base() + path);
    }

    String host() {
        return Address.host(base());
    }

    long count(String pathPart) {
        return seen.stream()
                .filter(request -> request.path().contains(pathPart))
                .count();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    /** One answer. */
    final class Reply {
        private final Socket socket;
        private final InputStream in;
        final OutputStream out;

        Reply(Socket socket, InputStream in) throws IOException {
            this.socket = socket;
            this.in = in;
            this.out = socket.getOutputStream();
        }

        /** Sends a head; headers as "Name: value". */
        void head(int status, String... headers) throws IOException {
            StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " X\r\nConnection: close\r\n");
            for (String header : headers) {
                text.append(header).append("\r\n");
            }
            out.write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        }

        void body(byte[] bytes, long from, long end) throws IOException {
            int at = (int) from;
            while (at < end) {
                int length = (int) Math.min(32 << 10, end - at);
                out.write(bytes, at, length);
                out.flush();
                bodyBytes.addAndGet(length);
                at += length;
            }
        }

        void send(int status, byte[] bytes, String... headers) throws IOException {
            String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
            all[headers.length] = "Content-Length: " + bytes.length;
            head(status, all);
            body(bytes, 0, bytes.length);
        }

        void json(String text, String... headers) throws IOException {
            send(200, text.getBytes(StandardCharsets.UTF_8), headers);
        }

        void redirect(int status, String location) throws IOException {
            head(status, "Location: " + location, "Content-Length: 0");
        }

        /** Serves a file as a good server does: ranges, a strong tag, If-Range. */
        void file(Request request, byte[] content, String tag) throws IOException {
            Optional<long[]> range = request.range()
                    .filter(_ -> request.header("if-range").map(tag::equals).orElse(true));
            if (range.isEmpty()) {
                head(200, "Content-Length: " + content.length, "ETag: " + tag);
                body(content, 0, content.length);
                return;
            }
            long first = range.get()[0];
            long last = Math.min(range.get()[1], content.length - 1);
            head(
                    206,
                    "Content-Length: " + (last + 1 - first),
                    "Content-Range: bytes " + first + "-" + last + "/" + content.length,
                    "ETag: " + tag);
            body(content, first, last + 1);
        }

        /** Sends nothing more until the client leaves. */
        void stall() throws IOException {
            out.flush();
            while (in.read() >= 0) {
                // whatever it says
            }
        }

        /** Ends the connection by a reset. */
        void reset() throws IOException {
            out.flush();
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
