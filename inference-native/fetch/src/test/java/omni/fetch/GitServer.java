package omni.fetch;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Git's own server, git-http-backend(1), behind an HTTP/1.1 server on loopback, one request a connection. */
final class GitServer implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Path root;
    final List<String> seen = new CopyOnWriteArrayList<>();
    final List<String> headers = new CopyOnWriteArrayList<>();

    /** Whom it lets in, as "user:secret"; everybody where it is empty. */
    volatile String guest = "";

    /** Where it sends everybody instead; nowhere where it is empty. */
    volatile String redirect = "";

    /** Header names are in lower case. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Request(String method, String target, Map<String, String> headers, byte[] body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    GitServer(Path root) throws IOException {
        this.root = root;
        Thread.ofVirtual().name("git-server").start(this::accept);
    }

    /** Makes an empty repository that takes pushes, and gives its address. */
    URI repository(String name) {
        git("init", "-q", "--bare", root.resolve(name).toString());
        git("-C", root.resolve(name).toString(), "config", "http.receivepack", "true");
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/" + name);
    }

    static String git(String... words) {
        try {
            var line = new ArrayList<>(List.of("git"));
            line.addAll(List.of(words));
            Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(line + ": " + said);
            }
            return said.strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Request request = read(new BufferedInputStream(socket.getInputStream()));
            seen.add(request.method() + " " + request.target());
            headers.addAll(request.headers().keySet());
            OutputStream out = socket.getOutputStream();
            if (!redirect.isEmpty()) {
                say(out, "301 Moved", "Location: " + redirect + request.target() + "\r\n", new byte[0]);
            } else if (!guest.isEmpty() && !authorized(request)) {
                say(out, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"git\"\r\n", new byte[0]);
            } else {
                relay(out, backend(request));
            }
        } catch (IOException e) {
            seen.add("broken off: " + e.getMessage());
        }
    }

    private static Request read(InputStream in) throws IOException {
        String[] first = line(in).split(" ", 3);
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            String[] parts = line.split(":", 2);
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
        }
        byte[] body = headers.getOrDefault("transfer-encoding", "").equals("chunked")
                ? chunks(in)
                : in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        return new Request(first[0], first[1], headers, body);
    }

    private static byte[] chunks(InputStream in) throws IOException {
        var body = new ByteArrayOutputStream();
        for (int length = Integer.parseInt(line(in), 16); length > 0; length = Integer.parseInt(line(in), 16)) {
            body.write(in.readNBytes(length));
            line(in);
        }
        line(in);
        return body.toByteArray();
    }

    private boolean authorized(Request request) {
        String right = "Basic " + Base64.getEncoder().encodeToString(guest.getBytes(StandardCharsets.UTF_8));
        return right.equals(request.header("authorization"));
    }

    private byte[] backend(Request request) throws IOException {
        var builder = new ProcessBuilder("git", "http-backend").redirectError(ProcessBuilder.Redirect.INHERIT);
        URI target = URI.create(request.target());
        Map<String, String> environment = builder.environment();
        environment.put("GIT_PROJECT_ROOT", root.toString());
        environment.put("GIT_HTTP_EXPORT_ALL", "1");
        environment.put("PATH_INFO", target.getPath());
        environment.put("QUERY_STRING", String.valueOf(target.getRawQuery()));
        environment.put("REQUEST_METHOD", request.method());
        environment.put("CONTENT_LENGTH", Integer.toString(request.body().length));
        environment.put("CONTENT_TYPE", request.header("content-type"));
        environment.put("HTTP_CONTENT_ENCODING", request.header("content-encoding"));
        environment.put("GIT_PROTOCOL", request.header("git-protocol"));
        Process process = builder.start();
        Thread.ofVirtual().start(() -> {
            try (var in = process.getOutputStream()) {
                in.write(request.body());
            } catch (IOException e) {
                seen.add("not read: " + e.getMessage());
            }
        });
        return process.getInputStream().readAllBytes();
    }

    /** Of CGI: lines of headers, an empty one, the body. */
    private static void relay(OutputStream out, byte[] output) throws IOException {
        InputStream in = new ByteArrayInputStream(output);
        String status = "200 OK";
        var headers = new StringBuilder();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.startsWith("Status: ")) {
                status = line.substring("Status: ".length());
            } else {
                headers.append(line).append("\r\n");
            }
        }
        say(out, status, headers.toString(), in.readAllBytes());
    }

    private static void say(OutputStream out, String status, String headers, byte[] body) throws IOException {
        out.write(("HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + body.length
                        + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.write(body);
        out.flush();
    }

    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.write(c);
        }
        return line.toString(StandardCharsets.US_ASCII).strip();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
