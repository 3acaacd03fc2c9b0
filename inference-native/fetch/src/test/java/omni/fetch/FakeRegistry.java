package omni.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A registry after the OCI distribution specification, with tokens from a realm that last for some requests. */
final class FakeRegistry implements TestServer.Handler {
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    private final List<String> layers = new ArrayList<>();
    final AtomicInteger tokens = new AtomicInteger();
    private final AtomicInteger uses = new AtomicInteger();
    volatile boolean wantsToken;
    volatile int tokenUses = Integer.MAX_VALUE;
    volatile String realm = "";
    volatile String basic = "";
    volatile FakeHub.Bytes bytes = (request, reply, content, tag) -> reply.file(request, content, tag);

    /** Adds a layer to the manifest under construction; returns its digest. */
    String layer(String type, byte[] content, String title) {
        String digest = "sha256:" + Hash.of(content);
        blobs.put(digest, content);
        layers.add("{\"mediaType\":\"" + type + "\",\"digest\":\"" + digest + "\",\"size\":" + content.length
                + (title.isEmpty() ? "" : ",\"annotations\":{\"org.opencontainers.image.title\":\"" + title + "\"}")
                + "}");
        return digest;
    }

    /** Publishes the layers so far under a name and a tag; returns the manifest's digest. */
    String publish(String repository, String tag) {
        String text =
                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\",\"layers\":["
                        + String.join(",", layers) + "]}";
        layers.clear();
        return publish(repository, tag, text);
    }

    String publish(String repository, String tag, String manifest) {
        byte[] content = manifest.getBytes(StandardCharsets.UTF_8);
        String digest = "sha256:" + Hash.of(content);
        manifests.put(repository + "/" + tag, content);
        manifests.put(repository + "/" + digest, content);
        return digest;
    }

    /** Puts other bytes where a digest points. */
    void replaceManifest(String repository, String version, String text) {
        manifests.put(repository + "/" + version, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void handle(TestServer.Request request, TestServer.Reply reply) throws IOException {
        if (request.path().equals("/token")) {
            boolean right = basic.isEmpty()
                    || request.header("authorization").map(basic::equals).orElse(false);
            if (right
                    && request.query().contains("service=test")
                    && request.query().contains("scope=repository")) {
                uses.set(0);
                reply.json("{\"token\":\"t" + tokens.incrementAndGet() + "\",\"expires_in\":60}");
            } else {
                reply.send(401, new byte[0]);
            }
            return;
        }
        if (wantsToken) {
            boolean good = request.header("authorization")
                            .map(("Bearer t" + tokens.get())::equals)
                            .orElse(false)
                    && uses.incrementAndGet() <= tokenUses;
            if (!good) {
                reply.send(
                        401,
                        new byte[0],
                        "WWW-Authenticate: Bearer realm=\"" + realm
                                + "/token\",service=\"test\",scope=\"repository:a/b:pull\"");
                return;
            }
        }
        String[] parts = request.path().substring("/v2/".length()).split("/(manifests|blobs)/", 2);
        byte[] manifest = manifests.get(parts[0] + "/" + parts[1]);
        byte[] blob = blobs.get(parts[1]);
        if (request.path().contains("/manifests/") && manifest != null) {
            reply.send(200, manifest, "Docker-Content-Digest: sha256:" + Hash.of(manifest));
        } else if (request.path().contains("/blobs/") && blob != null) {
            bytes.serve(request, reply, blob, '"' + parts[1] + '"');
        } else {
            reply.send(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}".getBytes(StandardCharsets.UTF_8));
        }
    }
}
