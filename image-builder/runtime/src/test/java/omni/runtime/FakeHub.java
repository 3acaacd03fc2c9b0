package omni.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A hub of models on this machine with one repository, acme/other: the seed model with another name in its header, so
 * that it is another model. Speaks as Hugging Face does; can stop in the middle of the file.
 */
final class FakeHub implements AutoCloseable {
    private static final String COMMIT = "0123456789".repeat(4);

    final byte[] content;
    final AtomicLong served = new AtomicLong();
    private final HttpServer server;
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile long stallAfterBytes = Long.MAX_VALUE;

    FakeHub() throws IOException {
        content = Files.readAllBytes(
                Path.of(System.getProperty("omni.root"), "inference-native/seed/omni-seed-f16.gguf"));
        byte[] name = "Omni Seed".getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at < 100_000; at++) {
            if (java.util.Arrays.equals(content, at, at + name.length, name, 0, name.length)) {
                System.arraycopy("Omni Copy".getBytes(StandardCharsets.US_ASCII), 0, content, at, name.length);
            }
        }
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** From now on sends no more once so many bytes of the file have gone out. */
    void stallAfter(long bytes) {
        stallAfterBytes = bytes;
    }

    String sha256() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.equals("/api/models/acme/other/revision/main")) {
                json(exchange, "{\"sha\":\"" + COMMIT + "\",\"cardData\":{\"license\":\"apache-2.0\"}}");
            } else if (path.equals("/api/models/acme/other/tree/" + COMMIT)) {
                json(
                        exchange,
                        "[{\"type\":\"file\",\"path\":\"other-F16.gguf\",\"size\":" + content.length
                                + ",\"lfs\":{\"oid\":\"" + sha256() + "\",\"size\":" + content.length + "}}]");
            } else if (path.equals("/acme/other/resolve/" + COMMIT + "/other-F16.gguf")) {
                file(exchange);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    private static void json(HttpExchange exchange, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void file(HttpExchange exchange) throws IOException {
        String[] ends = exchange.getRequestHeaders()
                .getFirst("Range")
                .substring("bytes=".length())
                .split("-", 2);
        int at = Integer.parseInt(ends[0]);
        int end = Math.min(content.length, Integer.parseInt(ends[1]) + 1);
        exchange.getResponseHeaders().add("Content-Range", "bytes " + at + "-" + (end - 1) + "/" + content.length);
        exchange.getResponseHeaders().add("ETag", '"' + sha256() + '"');
        exchange.sendResponseHeaders(206, end - at);
        while (at < end) {
            int length = Math.min(64 << 10, end - at);
            if (served.addAndGet(length) > stallAfterBytes) {
                stall();
            }
            exchange.getResponseBody().write(content, at, length);
            exchange.getResponseBody().flush();
            at += length;
        }
    }

    private void stall() throws IOException {
        try {
            open.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IOException("The hub closes.");
    }

    @Override
    public void close() {
        open.countDown();
        server.stop(0);
    }
}
