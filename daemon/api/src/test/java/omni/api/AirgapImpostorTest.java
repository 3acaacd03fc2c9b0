package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import omni.airgap.AirgapProtocol.StatusReply;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.bus.Credential;
import omni.engine.EngineProtocol.Priority;
import omni.role.Config;
import omni.role.RoleContext;
import omni.role.Section;
import omni.vault.VaultConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another program of the same user takes the place of the kill switch's socket, and says that all is closed. */
class AirgapImpostorTest {
    @TempDir
    Path home;

    private final Credential root = Credential.root();
    private final AtomicInteger asked = new AtomicInteger();

    private BusServer saysClosed(Optional<Credential> known) {
        var gap = new Gap(
                GapState.GAP,
                "2026-01-01T00:00:00Z",
                "",
                "machine",
                1,
                List.of(),
                List.of(),
                0,
                true,
                List.of(),
                "key");
        var handler = (AirgapProtocol.Handler) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AirgapProtocol.Handler.class}, (_, _, arguments) -> {
                    asked.incrementAndGet();
                    @SuppressWarnings("unchecked")
                    var call = (Call<Object>) arguments[1];
                    call.reply(new StatusReply(gap));
                    return null;
                });
        var server = BusServer.at(home.resolve("airgap.sock")).service(AirgapProtocol.service(handler));
        return known.map(server::knowing).orElse(server).start();
    }

    /** What the process of the role "daemon" gives it. */
    private RoleContext process() throws Exception {
        var toml = Files.writeString(home.resolve("omni.toml"), "[daemon]\nport = 0\n");
        var config = Config.load(toml, List.of(DaemonConfig.SECTION, VaultConfig.SECTION));
        return (RoleContext) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {RoleContext.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "home", "runDir" -> home;
                    case "config" -> config.get((Section<?>) arguments[0]);
                    case "listener" -> Optional.empty();
                    case "tree" -> "tree";
                    case "peer" -> BusClient.to(socket(arguments[0]));
                    case "provenPeer" -> BusClient.to(socket(arguments[0]), "daemon", root.forRole("daemon"));
                    case "note" -> null;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private Path socket(Object role) {
        return home.resolve(role + ".sock");
    }

    private static HttpResponse<String> send(URI url, HttpRequest.Builder request) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                    request.uri(url)
                            .timeout(Duration.ofSeconds(60))
                            .header("Authorization", "Bearer " + TestDaemon.KEY)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void itHearsNothingAndIsNotBelieved() throws Exception {
        KeyStore.open(home, "tree", 8, Clock.systemUTC())
                .add("test", TestDaemon.hash(TestDaemon.KEY), true, Priority.NORMAL, KeyRights.ALL);
        var daemon = (Daemon) new DaemonRole().start(process());
        try {
            var status = URI.create(daemon.url()).resolve("/v1/airgap");
            var engage = URI.create(daemon.url()).resolve("/v1/airgap/engage");
            for (var known : List.of(Optional.<Credential>empty(), Optional.of(Credential.root()))) {
                try (var _ = saysClosed(known)) {
                    ErrorsTest.assertError(send(status, HttpRequest.newBuilder().GET()), 503, "airgap_unavailable");
                    var post = HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.noBody());
                    ErrorsTest.assertError(send(engage, post), 503, "airgap_unavailable");
                }
            }
            assertEquals(0, asked.get());
            try (var _ = saysClosed(Optional.of(root))) {
                assertEquals(200, send(status, HttpRequest.newBuilder().GET()).statusCode());
            }
            assertEquals(1, asked.get());
        } finally {
            daemon.stop(Duration.ZERO);
        }
    }

    /** The control: it is the proof that keeps it out. */
    @Test
    void whoAsksForNoProofBelievesIt() throws Exception {
        try (var _ = saysClosed(Optional.empty());
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            assertEquals(
                    "gap",
                    TestDaemon.json(daemon.get("/v1/airgap")).path("state").asString(""));
        }
    }
}
