package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.EngageReply;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import omni.airgap.AirgapProtocol.StatusReply;
import omni.api.DaemonProtocol.RouteGroup;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kill switch over HTTP, before a role that is played. */
class AirgapRoutesTest {
    @TempDir
    Path home;

    /** Of the client that asks, where it reads. */
    private volatile InputStream client = InputStream.nullInputStream();

    private final AtomicInteger engaged = new AtomicInteger();
    /** How much of its answer the client had when the role was asked. */
    private final AtomicInteger answered = new AtomicInteger();

    private volatile String scope = "machine";
    /** What an engage of the role waits for. */
    private final Semaphore gate = new Semaphore(Integer.MAX_VALUE);

    private Gap gap(GapState state) {
        return new Gap(state, "2026-01-01T00:00:00Z", "", scope, 1, List.of(), List.of(), 0, true, List.of(), "key");
    }

    /** Says where it stands, and on an engage looks whether the client has its answer. */
    private BusServer role() {
        var handler = (AirgapProtocol.Handler) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AirgapProtocol.Handler.class}, (_, method, arguments) -> {
                    @SuppressWarnings("unchecked")
                    var call = (Call<Object>) arguments[1];
                    switch (method.getName()) {
                        case "status" -> call.reply(new StatusReply(gap(GapState.OPEN)));
                        case "engage" -> {
                            gate.acquireUninterruptibly();
                            answered.set(client.available());
                            engaged.incrementAndGet(); // before the reply, for who reads it after that counts
                            call.reply(new EngageReply(gap(GapState.GAP)));
                        }
                        default -> throw new UnsupportedOperationException(method.getName());
                    }
                    return null;
                });
        return BusServer.at(home.resolve("airgap.sock"))
                .service(AirgapProtocol.service(handler))
                .start();
    }

    private HttpRequest.Builder engage(TestDaemon daemon) {
        return daemon.request("/v1/airgap/engage").POST(HttpRequest.BodyPublishers.noBody());
    }

    /** Who asks from afar hears nothing any more once the first step is taken. */
    @Test
    void theAnswerComesBeforeTheFirstStep() throws Exception {
        try (var _ = role();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            try (var socket = new Socket(daemon.url.getHost(), daemon.url.getPort())) {
                client = socket.getInputStream();
                socket.getOutputStream()
                        .write(("POST /v1/airgap/engage HTTP/1.1\r\nHost: " + daemon.url.getAuthority()
                                        + "\r\nAuthorization: Bearer " + TestDaemon.KEY
                                        + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                Await.until("it is engaged", () -> engaged.get() == 1);
                var answer = new String(client.readAllBytes(), StandardCharsets.UTF_8);
                assertTrue(answer.startsWith("HTTP/1.1 202 "), answer);
                assertTrue(answer.contains("Only a person at the box can lift"), answer);
                assertEquals(answer.length(), answered.get(), "all of it was there before the role was asked");
            }
        }
    }

    /** Also one that may nothing there and has sent as much as it may; what tells where the switch stands is a right. */
    @Test
    void anyKeyThatIsGoodEngages() throws Exception {
        var rights = KeyRightsTest.rights(null, List.of(RouteGroup.MODELS), 1L, 1L, null);
        KeyStore.open(home, "tree", 8, Clock.systemUTC())
                .add("guest", TestDaemon.hash("guest"), false, Priority.NORMAL, rights);
        try (var _ = new FakeEngine(home.resolve("engine.sock"));
                var _ = role();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            assertEquals(200, get(daemon, "/v1/models"));
            assertEquals(429, get(daemon, "/v1/models"));
            assertEquals(403, get(daemon, "/v1/airgap"));
            assertEquals(
                    202,
                    daemon.send(engage(daemon).setHeader("Authorization", "Bearer guest"))
                            .statusCode());
            Await.until("it is engaged", () -> engaged.get() == 1);
            var nobody = daemon.send(engage(daemon).setHeader("Authorization", "Bearer nobody"));
            assertEquals(401, nobody.statusCode());
        }
    }

    private static int get(TestDaemon daemon, String path) throws Exception {
        return daemon.send(daemon.request(path).setHeader("Authorization", "Bearer guest"))
                .statusCode();
    }

    /** What was promised is done by the role that starts again. */
    @Test
    void aRoleThatStartsAgainIsAskedAgain() throws Exception {
        try (var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            var first = role();
            var link = new AirgapLink(AirgapProtocol.Client.of(omni.bus.BusClient.to(home.resolve("airgap.sock"))));
            assertEquals(GapState.OPEN, link.status().state());
            first.close();
            var asking = Thread.ofVirtual().start(() -> link.engage("a test"));
            assertEquals(503, daemon.send(engage(daemon)).statusCode(), "without it nothing is promised");
            try (var _ = role()) {
                assertTrue(asking.join(Duration.ofSeconds(20)));
                Await.until("it was engaged", () -> engaged.get() == 1);
            }
        }
    }

    @Test
    void aHundredRequestsAtOnceAreTwoEngages() throws Exception {
        gate.drainPermits();
        try (var _ = role();
                var bus = omni.bus.BusClient.to(home.resolve("airgap.sock"));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var link = new AirgapLink(AirgapProtocol.Client.of(bus));
            Future<?> first = threads.submit(() -> link.engage("a test"));
            Await.until("the first is under way", gate::hasQueuedThreads);
            var more = new ArrayList<Future<?>>();
            for (int i = 0; i < 100; i++) {
                more.add(threads.submit(() -> link.engage("a test")));
            }
            Await.until(
                    "one of them stands for all",
                    () -> more.stream().filter(Future::isDone).count() == 99);
            gate.release(2);
            for (Future<?> each : more) {
                each.get();
            }
            first.get();
            assertEquals(2, engaged.get());
        }
    }

    @Test
    void withNothingInScopeNothingIsPromised() throws Exception {
        scope = "";
        try (var _ = role();
                var daemon = new TestDaemon(home, home.resolve("engine.sock"))) {
            var refused = daemon.send(engage(daemon));
            assertEquals(409, refused.statusCode());
            assertEquals(
                    "airgap_without_scope",
                    TestDaemon.error(refused).get("code").asString());
            assertEquals(0, engaged.get());
        }
    }
}
