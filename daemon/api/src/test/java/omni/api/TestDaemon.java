package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.bus.BusClient;
import omni.engine.EngineProtocol.Priority;
import omni.role.Config;
import omni.vault.VaultConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real daemon on a free port over an engine's socket, with one key, in a home of its own. */
final class TestDaemon implements AutoCloseable {
    static final String KEY = "omni-testtesttesttesttesttesttesttesttesttesttest";

    private static final OpenApiDocument DOCUMENT = new OpenApiDocument();

    final Daemon daemon;
    final URI url;
    private final BusClient bus;
    private final BusClient airgap;
    private final BusClient supervisor;
    private final BusClient fetch;
    private final BusClient vault;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /** How often it would have ended itself at once. */
    final AtomicInteger vanished = new AtomicInteger();

    /** Starts it; {@code settings} are lines of table [daemon], and of others behind their names. */
    TestDaemon(Path home, Path engineSocket, String... settings) throws IOException {
        this(home, engineSocket, Optional.empty(), BusClient.to(home.resolve("vault.sock")), () -> {}, settings);
    }

    /** Starts it on that socket, if there is one. */
    TestDaemon(Path home, Path engineSocket, Optional<ServerSocketChannel> given, String... settings)
            throws IOException {
        this(home, engineSocket, given, BusClient.to(home.resolve("vault.sock")), () -> {}, settings);
    }

    /** Starts it over a vault; {@code vanish} is done in place of its own end. */
    TestDaemon(Path home, Path engineSocket, BusClient vault, Runnable vanish, String... settings) throws IOException {
        this(home, engineSocket, Optional.empty(), vault, vanish, settings);
    }

    private TestDaemon(
            Path home,
            Path engineSocket,
            Optional<ServerSocketChannel> given,
            BusClient vault,
            Runnable vanish,
            String... settings)
            throws IOException {
        var toml = home.resolve("omni.toml");
        Files.writeString(toml, "[daemon]\nport = 0\n" + String.join("\n", settings) + "\n");
        var all = Config.load(toml, List.of(DaemonConfig.SECTION, VaultConfig.SECTION));
        var config = all.get(DaemonConfig.SECTION);
        bus = BusClient.to(engineSocket);
        airgap = BusClient.to(home.resolve("airgap.sock"));
        supervisor = BusClient.to(home.resolve("supervisor.sock"));
        fetch = BusClient.to(home.resolve("fetch.sock"));
        this.vault = vault;
        var link = new VaultLink(
                vault,
                home.resolve("vault-secrets.sock"),
                () -> {
                    vanish.run();
                    vanished.incrementAndGet();
                },
                Await.LONG,
                all.get(VaultConfig.SECTION).answerWhileLocked());
        var keys = KeyStore.open(home, "tree", config.keysMax(), Clock.systemUTC());
        keys.add("test", hash(KEY), true, Priority.NORMAL, KeyRights.ALL);
        var fetching = new FetchLink(supervisor, fetch);
        daemon = Daemon.start(config, given, home, "tree", bus, airgap, fetching, link, Clock.systemUTC());
        url = URI.create(daemon.url());
    }

    @Override
    public void close() {
        http.close();
        daemon.stop(Duration.ofMillis(200));
        bus.close();
        airgap.close();
        supervisor.close();
        fetch.close();
        vault.close();
    }

    /** A request with the key. */
    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(url.resolve(path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + KEY);
    }

    /** Sends it; the response is as the OpenAPI document says, whatever else a test wants of it. */
    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertEquals(List.of(), DOCUMENT.faults(response));
        return response;
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return post(path, json.getBytes(StandardCharsets.UTF_8));
    }

    HttpResponse<String> post(String path, byte[] json) throws IOException, InterruptedException {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(json)));
    }

    /** A chat of one message with that model; {@code more} are further fields, each with a comma in front. */
    static String chat(String model, String more) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + more + "}";
    }

    static JsonNode json(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body());
    }

    static JsonNode error(HttpResponse<String> response) {
        return json(response).get("error");
    }

    /** The id of the key that requests have. */
    static String keyId() {
        return hash(KEY).substring(0, 12);
    }

    static String hash(String key) {
        return sha256(key.getBytes(StandardCharsets.US_ASCII));
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
