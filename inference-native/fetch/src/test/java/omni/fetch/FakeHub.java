package omni.fetch;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hugging Face's hub and the place where it keeps files, as far as a client sees them: a page that names the commit, a
 * list of files, and a redirect to a signed address that expires after some requests.
 */
final class FakeHub implements TestServer.Handler {
    static final String COMMIT = "c0ffee".repeat(6) + "c0ff";

    final Map<String, byte[]> files = new TreeMap<>();
    final AtomicInteger signed = new AtomicInteger();
    volatile int signatureUses = Integer.MAX_VALUE;
    volatile String token = "";
    /** Whether a gated model's files are listed to everybody, as the real hub does. */
    volatile boolean listsOpenly;

    volatile String storage = "";
    volatile String license = "apache-2.0";
    private final Map<String, AtomicInteger> uses = new ConcurrentHashMap<>();

    /** How the storage serves a file's bytes. */
    volatile Bytes bytes = (request, reply, content, tag) -> reply.file(request, content, tag);

    /** Serves some bytes, well or badly. */
    interface Bytes {
        void serve(TestServer.Request request, TestServer.Reply reply, byte[] content, String tag) throws IOException;
    }

    @Override
    public void handle(TestServer.Request request, TestServer.Reply reply) throws IOException {
        String path = request.path();
        boolean allowed = token.isEmpty()
                || request.header("authorization")
                        .map(("Bearer " + token)::equals)
                        .orElse(false);
        if (path.startsWith("/api/models/acme/tiny/") || path.startsWith("/acme/tiny/resolve/")) {
            if (!allowed && !(listsOpenly && path.startsWith("/api/"))) {
                reply.send(401, new byte[0], "X-Error-Code: GatedRepo");
            } else if (path.endsWith("/revision/main")) {
                reply.json("{\"sha\":\"" + COMMIT + "\",\"cardData\":{\"license\":\"" + license + "\"}}");
            } else if (path.endsWith("/tree/" + COMMIT)) {
                reply.json(listing());
            } else if (path.startsWith("/acme/tiny/resolve/" + COMMIT + "/")) {
                reply.redirect(
                        302,
                        storage + "/signed/" + signed.incrementAndGet()
                                + path.substring(path.indexOf(COMMIT) + COMMIT.length()));
            } else {
                reply.send(404, new byte[0], "X-Error-Code: RevisionNotFound");
            }
        } else if (path.startsWith("/signed/")) {
            signed(request, reply, path);
        } else {
            reply.send(404, new byte[0], "X-Error-Code: RepoNotFound");
        }
    }

    /** What the storage answers; also used by a server of its own. */
    void signed(TestServer.Request request, TestServer.Reply reply, String path) throws IOException {
        String[] parts = path.split("/", 4);
        boolean expired =
                uses.computeIfAbsent(parts[2], _ -> new AtomicInteger()).incrementAndGet() > signatureUses;
        byte[] content = files.get(parts[3]);
        if (expired) {
            reply.send(403, "<Error>expired</Error>".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } else if (content == null) {
            reply.send(404, new byte[0]);
        } else {
            bytes.serve(request, reply, content, '"' + Hash.of(content) + '"');
        }
    }

    private String listing() {
        StringBuilder text =
                new StringBuilder("[{\"type\":\"file\",\"path\":\"README.md\",\"size\":12,\"oid\":\"aa\"}");
        files.forEach((path, content) -> text.append(",{\"type\":\"file\",\"path\":\"")
                .append(path)
                .append("\",\"size\":")
                .append(content.length)
                .append(",\"oid\":\"aa\",\"lfs\":{\"oid\":\"")
                .append(Hash.of(content))
                .append("\",\"size\":")
                .append(content.length)
                .append(",\"pointerSize\":134}}"));
        return text.append("]").toString();
    }
}
