package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Clients of other machines, as they come: curl, Node, Python and Java reach a real daemon by TLS, in a network namespace of the test's
 * own that has addresses beside the loopback. Each has its control: who does not trust the certificate, or pins another key, is not served.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class TlsClientsBoxTest {
    private static final String LISTENED = "192.168.77.10";
    private static final String OTHER = "192.168.77.11";
    private static final String KEY = "Authorization: Bearer " + TestDaemon.KEY;
    private static final int SECONDS_MAX = 60;
    private static final Path SOURCES = Path.of(System.getProperty("omni.root"), "daemon", "api", "src", "test");

    private Path folder = Path.of("");
    private Process daemon;
    private BufferedReader out;
    private JsonNode told;
    private String base = "";
    private Path pem = Path.of("");
    private String pin = "";

    @BeforeAll
    void start(@TempDir Path home) throws Exception {
        folder = home;
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var script = "ip link set lo up && ip address add " + LISTENED + "/24 dev lo && ip address add " + OTHER
                + "/24 dev lo && exec \"$@\"";
        daemon = new ProcessBuilder(
                        "unshare",
                        "--net",
                        "sh",
                        "-c",
                        script,
                        "sh",
                        java,
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LanDaemon.class.getName(),
                        home.toString(),
                        LISTENED,
                        OTHER)
                .redirectError(home.resolve("daemon.err").toFile())
                .start();
        out = daemon.inputReader(StandardCharsets.UTF_8);
        read();
        pem = home.resolve("omni.pem");
        var file = Files.readString(home.resolve(DeviceCertificate.FILE));
        Files.writeString(
                pem, Pem.block("CERTIFICATE", Pem.all(file, "CERTIFICATE").getLast()));
        pin = TlsKey.open(home).pin();
    }

    private void read() throws IOException {
        told = JsonMapper.shared().readTree(Objects.requireNonNullElseGet(out.readLine(), () -> {
            throw new AssertionError("The daemon has ended: " + folder.resolve("daemon.err"));
        }));
        base = "https://" + LISTENED + ":" + told.get("port").asInt();
    }

    @AfterAll
    void stop() throws IOException {
        daemon.destroyForcibly();
        out.close();
    }

    /** A program in the daemon's network. */
    private Process inside(Map<String, String> environment, List<String> command) throws IOException {
        var line = new ArrayList<>(List.of("nsenter", "--net=/proc/" + daemon.pid() + "/ns/net", "--"));
        line.addAll(command);
        var builder = new ProcessBuilder(line);
        builder.environment().put("OPENAI_API_KEY", TestDaemon.KEY);
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true).start();
    }

    private record Done(int exit, String out) {}

    private Done run(Map<String, String> environment, String... command) throws Exception {
        var process = inside(environment, List.of(command));
        process.getOutputStream().close();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS), List.of(command) + " did not end");
        return new Done(process.exitValue(), text);
    }

    private JsonNode json(Map<String, String> environment, String... command) throws Exception {
        var done = run(environment, command);
        assertEquals(0, done.exit(), done.out());
        return JsonMapper.shared().readTree(done.out().strip().lines().reduce("", (_, last) -> last));
    }

    private Done curl(String... more) throws Exception {
        var line = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}"));
        line.addAll(List.of(more));
        return run(Map.of(), line.toArray(String[]::new));
    }

    @Test
    @Order(1)
    void curlTrustsTheExportedCertificateOrThePin() throws Exception {
        var trusting = curl("--cacert", pem.toString(), "-H", KEY, base + "/v1/models");
        assertEquals(0, trusting.exit(), trusting.out());
        assertTrue(trusting.out().endsWith("\n200"), trusting.out());
        var distrusting = curl("-H", KEY, base + "/v1/models");
        assertEquals(60, distrusting.exit(), distrusting.out());
        var pinned = curl("-k", "--pinnedpubkey", pin, "-H", KEY, base + "/v1/models");
        assertTrue(pinned.out().endsWith("\n200"), pinned.out());
        var other = "sha256//" + "A".repeat(43) + "=";
        var misled = curl("-k", "--pinnedpubkey", other, "-H", KEY, base + "/v1/models");
        assertEquals(90, misled.exit(), misled.out());
        var byName = curl(
                "--cacert",
                pem.toString(),
                "--resolve",
                "omni.home:" + told.get("port") + ":" + LISTENED,
                "-H",
                KEY,
                "https://omni.home:" + told.get("port") + "/v1/models");
        assertTrue(byName.out().endsWith("\n200"), byName.out());
    }

    @Test
    @Order(2)
    void noKeyNoAnswerAndNoForeignNameEither() throws Exception {
        var keyless = curl("--cacert", pem.toString(), base + "/v1/models");
        assertTrue(keyless.out().contains("invalid_api_key") && keyless.out().endsWith("\n401"), keyless.out());
        var foreign = curl("--cacert", pem.toString(), "-H", KEY, "-H", "Host: evil.example", base + "/v1/models");
        assertTrue(foreign.out().contains("host_not_allowed"), foreign.out());
        var name = Machine.real().name().split("\\.", 2)[0] + ".local";
        var own = curl("--cacert", pem.toString(), "-H", KEY, "-H", "Host: " + name, base + "/v1/models");
        assertTrue(own.out().endsWith("\n200"), own.out());
        var rebound = curl("-H", KEY, "-H", "Host: " + name, "http://127.0.0.1:" + told.get("port") + "/v1/models");
        assertTrue(rebound.out().contains("host_not_allowed"), rebound.out());
    }

    @Test
    @Order(3)
    void whatIsNotTlsGetsNoAnswerAndTheLoopbackIsAsItWas() {
        assertTrue(told.get("plainOverLoopback").asString().startsWith("HTTP/1.1 200 "), told.toString());
        var plain = told.get("plainOverTls").asString();
        assertTrue(plain.isEmpty() || plain.startsWith("15"), "an alert (RFC 8446, 5.1) at most: " + plain);
        assertEquals("", told.get("plainElsewhere").asString());
        assertTrue(told.get("note").asString().contains("by TLS"), told.toString());
        assertEquals(base, told.at("/lan/urls/0").asString(), told.toString());
        assertEquals("[\"192.0.2.9\"]", told.at("/lan/missing").toString());
        assertEquals(pin, told.at("/lan/pin").asString());
        assertTrue(told.get("note").asString().contains("not on 192.0.2.9"), told.toString());
    }

    @Test
    @Order(4)
    void whoeverIsSilentIsEndedAndLeavesPlacesForTheLoopback() {
        assertTrue(told.get("loopbackWhileOthersAreSilent").asString().startsWith("HTTP/1.1 200 "), told.toString());
        assertEquals(LanDaemon.CONNECTIONS_MAX, told.get("silentGot").size());
        told.get("silentGot").forEach(got -> assertFalse(got.asString().startsWith("HTTP"), told.toString()));
    }

    @Test
    @Order(5)
    void nodePythonAndJavaTrustIt() throws Exception {
        var script = SOURCES.resolve("node/tls.mjs").toString();
        var node = json(Map.of(), "node", script, base, pem.toString());
        assertEquals(200, node.get("trusting").asInt(), node.toString());
        assertEquals(401, node.get("keyless").asInt(), node.toString());
        assertTrue(
                node.get("distrusting").asString().contains("CERT")
                        || node.get("distrusting").asString().contains("VERIFY"),
                node.toString());
        assertEquals(node.get("distrusting"), node.get("fetch"), "fetch, without the variable");
        var extra = json(Map.of("NODE_EXTRA_CA_CERTS", pem.toString()), "node", script, base, pem.toString());
        assertEquals(200, extra.get("fetch").asInt(), extra.toString());

        pythonTrustsIt();

        var java = json(
                Map.of(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                TrustingClient.class.getName(),
                base,
                pem.toString());
        assertEquals("200", java.get("trusting").asString(), java.toString());
        assertEquals("401", java.get("keyless").asString(), java.toString());
        assertEquals("SSLHandshakeException", java.get("distrusting").asString(), java.toString());
    }

    private void pythonTrustsIt() throws Exception {
        var python = json(
                Map.of(), "python3", SOURCES.resolve("python/tls_client.py").toString(), base, pem.toString());
        assertEquals(200, python.get("trusting").asInt(), python.toString());
        assertEquals(401, python.get("keyless").asInt(), python.toString());
        assertEquals("SSLCertVerificationError", python.get("distrusting").asString(), python.toString());
        assertEquals("said", python.get("end").asString(), python.toString());
        assertEquals(200, python.get("tls12").asInt(), python.toString());
        assertNotEquals("200", python.get("tls11").asString(), python.toString());
    }

    /** Whoever steals the key can play no other host to an OpenSSL that trusts the certificate; of this box's own names it is told nothing. */
    @Test
    @Order(6)
    void whatIsTrustedVouchesForNoOtherHost() throws Exception {
        var certificates = new TlsCertificates(TlsKey.open(folder));
        var mine = new TlsNames(Set.of("localhost"), List.of(InetAddress.ofLiteral("10.9.8.7")));
        assertTrue(verified(certificates.server(mine, Instant.now())).out().contains(": OK"));
        for (var names : List.of(
                new TlsNames(Set.of("bank.example"), List.of()),
                new TlsNames(Set.of("localhost"), List.of(InetAddress.ofLiteral("198.51.100.1"))))) {
            var refused = verified(certificates.server(names, Instant.now()));
            assertTrue(refused.out().contains("permitted subtree violation"), refused.out());
        }
    }

    private Done verified(X509Certificate server) throws Exception {
        var file = Files.writeString(folder.resolve("server.pem"), Pem.block("CERTIFICATE", server.getEncoded()));
        return run(
                Map.of(),
                "openssl",
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                "-CAfile",
                pem.toString(),
                file.toString());
    }

    /** A vault's password may cross the network now: it is judged as one of the loopback is. */
    @Test
    @Order(7)
    void thePasswordOfTheVaultIsTakenByTls() throws Exception {
        var wrong = curl(
                "--cacert",
                pem.toString(),
                "-H",
                KEY,
                "-H",
                "Content-Type: application/octet-stream",
                "--data-binary",
                "wrong",
                base + "/v1/vault/unlock");
        assertTrue(wrong.out().contains("wrong_password") && wrong.out().endsWith("\n403"), wrong.out());
    }

    /** The next daemon has no certificate and makes others with the same key: what was exported before is good, and so is the pin. */
    @Test
    @Order(8)
    void whatWasTrustedOnceIsTrustedAfterARenewal() throws Exception {
        var before = Files.readString(folder.resolve(DeviceCertificate.FILE));
        daemon.getOutputStream().write('\n');
        daemon.getOutputStream().flush();
        read();
        assertNotEquals(before, Files.readString(folder.resolve(DeviceCertificate.FILE)));
        pythonTrustsIt();
        var pinned = curl("-k", "--pinnedpubkey", pin, "-H", KEY, base + "/v1/models");
        assertTrue(pinned.out().endsWith("\n200"), pinned.out());
    }
}
