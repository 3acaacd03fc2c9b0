package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The kill switch as its owner uses it: command, API, a killed process; over a namespace of the test's own. */
class AirgapBoxTest {
    private static final Pattern CODE = Pattern.compile("(\\d{3} \\d{3})");

    private final String name = "omni-run-" + ProcessHandle.current().pid();
    private final String namespace = "/run/netns/" + name;

    @BeforeEach
    void make() throws Exception {
        run("ip", "netns", "add", name);
        run("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", "eth1", "netns", name);
        for (String link : List.of("lo", "eth0", "eth1")) {
            run("ip", "-n", name, "link", "set", link, "up");
        }
    }

    @AfterEach
    void remove() throws Exception {
        run("ip", "netns", "del", name);
    }

    static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> List.of(command) + ": " + output);
        return output;
    }

    private boolean up() throws IOException, InterruptedException {
        return run("ip", "-n", name, "link", "show", "eth0").contains(",UP");
    }

    private boolean works() {
        try {
            return run("ip", "-n", name, "link", "show", "eth0").contains("state UP");
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void engagedByCommandAndApiKeptOverAKillAndLiftedByTwoFactorsAlone() throws Exception {
        try (var product = new Product()) {
            // A file stands for the console: what is written to it is what a person at the box would read.
            Path console = Files.createFile(product.home.resolve("console"));
            product.configure(
                    "[daemon]\nport = 0\n[airgap]\nscope = \"" + namespace + "\"\nconsole = \"" + console + "\"\n");
            var up = product.up();
            assertEquals("open", state(product));
            assertTrue(passes());
            assertEquals(5, product.omni("airgap", "lift").exit(), "nothing to lift");

            var key = product.omni("key", "step-up").out().strip();
            assertTrue(key.startsWith("omni-step-up-"));
            var kept = Files.readString(product.home.resolve("airgap/step-up"));
            assertFalse(kept.contains(key.substring("omni-step-up-".length())), "the box keeps the public half");

            var engaged = product.omni("airgap", "engage", "--cause", "a test");
            assertEquals(0, engaged.exit(), engaged.out() + engaged.err());
            assertTrue(engaged.out().contains("every step is confirmed"), engaged.out());
            assertFalse(up());
            assertEquals(
                    5,
                    product.omni("airgap", "engage", "--cause", "x".repeat(201)).exit());

            kill(product);
            assertEquals("gap", state(product));
            var status = product.omni("airgap", "status").out();
            assertTrue(status.contains(console + " is no terminal: "), status);
            assertTrue(status.contains("a test"), () -> "why it is closed is told after a kill, too: " + status);
            assertFalse(up());

            assertEquals(
                    5,
                    lift(product, console, "omni-step-up-" + "A".repeat(43), true)
                            .exit(),
                    "another key");
            Await.until(
                    "the wait is over", () -> !attempt(product, console, key).startsWith("After"));
            assertEquals("open", state(product));
            assertTrue(up());

            run("kill", "-PWR", Long.toString(Product.pid(product.status(), "airgap")));
            Await.until("the signal closed it", () -> state(product).equals("gap"));
            assertFalse(up());
            Await.until(
                    "the wait is over", () -> !attempt(product, console, key).startsWith("After"));
            assertEquals("open", state(product));

            liftedByThePassword(product, console, key);
            api(product, up.curl());
            Await.until("the API closed it", () -> state(product).equals("gap"));
            assertFalse(up());

            audit(product);
            prove(product);
            var logs = product.omni("logs", "--lines", "1000").out();
            assertFalse(logs.contains(key), "the step-up key is in no log");
            assertTrue(logs.contains("A lift was refused: "), logs);
            assertTrue(
                    logs.matches("(?s).*The gap is closed, and every step is confirmed: 1 namespace, links 2, "
                            + "sockets \\d+\n.*The gap is open, after \\d+ s, lifted by step-up key and a code.*"),
                    logs);
            assertTrue(logs.contains(console + " is no terminal: set airgap.console to "), logs);
            assertEquals(0, product.omni("down").exit());
            assertFalse(up(), "a gap outlives the program");
            anotherTreeFindsItClosed(product);

            var offline = product.omniWith(key + "\n", "airgap", "lift", "--offline");
            assertEquals(5, offline.exit(), "no terminal of the box");
            assertTrue(offline.err().contains("local terminal"), offline.err());
        }
    }

    /**
     * The tree is put in the place of another, as an update does, while some other service has brought the links up: what stands in
     * the kernel drops there, and the tree that comes closes what it finds open.
     */
    private void anotherTreeFindsItClosed(Product product) throws Exception {
        run("ip", "-n", name, "link", "set", "eth0", "up");
        run("ip", "-n", name, "link", "set", "eth1", "up");
        Await.until("the link works", this::works);
        assertFalse(passes(), "the tables hold by themselves");
        run("nsenter", "--net=" + namespace, "nft", "delete table inet omni_gap ; delete table netdev omni_gap");
        assertTrue(passes(), "and without them it leaks");
        product.takeAnotherTree();
        product.up();
        assertEquals("gap", state(product));
        assertFalse(up());
        assertEquals(0, product.omni("down").exit());
        assertFalse(up());
    }

    /** Whether one of a hundred frames comes from one end of the link to the other. */
    private boolean passes() throws Exception {
        return run("nsenter", "--net=" + namespace, "python3", "-c", """
                import socket
                receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                receiver.bind(("eth1", 0))
                receiver.settimeout(2)
                sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                sender.bind(("eth0", 0))
                frame = b"\\xff" * 12 + b"\\x88\\xb5" + b"gap" * 20
                for _ in range(100):
                    try:
                        sender.send(frame)
                    except OSError:
                        pass # that it was dropped is told in this way, too
                try:
                    while receiver.recv(2000) != frame:
                        pass
                    print("came")
                except TimeoutError:
                    print("nothing")
                """)
                .strip()
                .equals("came");
    }

    private void liftedByThePassword(Product product, Path console, String key) throws Exception {
        var password = "a password of the vault";
        assertEquals(0, product.omniWith(password + "\n", "vault", "init").exit());
        assertEquals(0, product.omni("vault", "lock").exit());
        Await.until(
                "the vault is back, sealed",
                () -> done(() -> product.omniWith(key + "\n" + password + "\n", "key", "step-up", "--password")));
        assertEquals(0, product.omni("airgap", "engage").exit());
        assertNotEquals(
                0,
                product.omniWith(key + "\n" + password + "\n", "key", "step-up", "--password")
                        .exit(),
                "not in a gap");
        assertNotEquals(0, lift(product, console, "no password", true).exit());
        assertEquals("gap", state(product));
        Await.until("the wait is over", () -> done(() -> lift(product, console, password, true)));
        assertEquals("open", state(product));
        assertTrue(up());
        assertFalse(product.omni("logs").out().contains(password), "the password is in no log");
        Await.until(
                "it is taken back", () -> done(() -> product.omniWith(key + "\n", "key", "step-up", "--no-password")));
        assertEquals(
                5,
                product.omniWith(key + "\n", "key", "step-up", "--no-password").exit(),
                "there is none");
    }

    private static boolean done(Callable<Product.Done> command) {
        try {
            return command.call().exit() == 0;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String state(Product product) {
        try {
            return Product.json(product.omni("airgap", "status", "--json").out())
                    .path("state")
                    .asString("");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void kill(Product product) throws Exception {
        long pid = Product.pid(product.status(), "airgap");
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        Await.until("the role is back", () -> {
            try {
                long now = Product.pid(product.status(), "airgap");
                return now != 0 && now != pid && product.omni("airgap").exit() == 0;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The code is the newest on the console once the command says that it stands there: it may be the one of a try before. */
    static Product.Done lift(Product product, Path console, String key, boolean rightCode) throws Exception {
        var process = product.start("airgap", "lift");
        var out = new StringBuilder();
        try (var in = process.outputWriter()) {
            var lines = process.inputReader();
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                out.append(line).append('\n');
                if (line.startsWith("A code of six digits stands")) {
                    in.write(key + "\n" + (rightCode ? code(console) : "000 000") + "\n");
                    in.flush();
                }
            }
        }
        return new Product.Done(process.waitFor(), out.toString(), out.toString());
    }

    private static String attempt(Product product, Path console, String key) {
        try {
            var done = lift(product, console, key, true);
            return done.out()
                    .lines()
                    .filter(line -> line.startsWith("After"))
                    .findFirst()
                    .orElse("done");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String code(Path console) {
        try {
            var matcher = CODE.matcher(Files.readString(console));
            return matcher.results().map(found -> found.group(1)).reduce("", (_, next) -> next);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void api(Product product, String curl) throws Exception {
        var printed = Request.of(curl);
        var airgap = URI.create(printed.url()).resolve("/v1/airgap");
        try (var http = HttpClient.newHttpClient()) {
            var engage = HttpRequest.newBuilder(airgap.resolve("/v1/airgap/engage"))
                    .POST(HttpRequest.BodyPublishers.noBody());
            assertEquals(
                    401,
                    http.send(engage.build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode());
            assertEquals("open", state(product));
            var answer = http.send(
                    engage.header("Authorization", "Bearer " + printed.key()).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(202, answer.statusCode(), answer.body());
            assertTrue(answer.body().contains("Only a person at the box"), answer.body());
            var body = HttpRequest.newBuilder(airgap.resolve("/v1/airgap/engage"))
                    .header("Authorization", "Bearer " + printed.key())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{}"));
            assertEquals(
                    400,
                    http.send(body.build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode());
            var status = HttpRequest.newBuilder(airgap).header("Authorization", "Bearer " + printed.key());
            assertEquals(
                    200,
                    http.send(status.build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode(),
                    "the API on loopback answers in a gap");
        }
    }

    private static void audit(Product product) throws Exception {
        var audit = product.omni("airgap", "audit", "--scope", "--all", "--json");
        var json = Product.json(audit.out());
        assertEquals(0, json.at("/censuses/0/unexplained").asInt(-1), audit.out());
        assertTrue(audit.out().contains("\"role\":\"airgap\""), audit.out());
        assertEquals(0, audit.exit(), audit.out());
        var everywhere = product.omni("airgap", "audit", "--json").out(); // of this machine, which others use as well
        assertTrue(everywhere.contains("\"role\":\"daemon\",\"expected\":true"), everywhere);
        assertFalse(everywhere.contains("\"expected\":false"), everywhere);
        var people = product.omni("airgap", "audit").out();
        assertTrue(people.contains("LISTEN") && people.contains("omni daemon (pid "), people);
        assertEquals(0, product.omni("airgap", "audit", "--events", "1000").exit());
        for (String wrong : List.of("0", "1001")) {
            var refused = product.omni("airgap", "audit", "--events", wrong);
            assertTrue(refused.exit() != 0 && refused.err().contains("write 1 to 1000"), refused.err());
        }
    }

    private static void prove(Product product) throws Exception {
        var proved = product.omni("airgap", "prove");
        assertTrue(proved.err().contains("no records are missing at the end"), proved.err());
        var proof = Files.writeString(product.home.resolve("proof.json"), proved.out());
        assertTrue(proved.out().contains("\\\"kind\\\":\\\"started\\\""), "each start is in it");
        var status = Product.json(product.omni("airgap", "status", "--json").out());
        String key = status.path("key").asString("");
        assertTrue(proved.err().contains("omni airgap verify --box: " + key), proved.err());
        var kept = Files.writeString(
                product.home.resolve("kept"),
                product.omni("airgap", "prove", "--checkpoint").out());
        var verdict = product.omni("airgap", "verify", proof.toString(), "--box", key);
        assertEquals(0, verdict.exit(), verdict.out() + verdict.err());
        assertTrue(verdict.out().contains("a gap from "), verdict.out());
        assertTrue(verdict.out().contains("It does not show"), verdict.out());
        assertEquals(
                0,
                product.omni("airgap", "verify", proof.toString(), "--checkpoint", kept.toString())
                        .exit());
        witness(product, proof);
        Files.writeString(proof, Files.readString(proof).replace("a test", "a lie"));
        assertEquals(5, product.omni("airgap", "verify", proof.toString()).exit());
    }

    /** Another device cosigns, the box takes that in, and its next proof is held by it. */
    private static void witness(Product product, Path proof) throws Exception {
        var key = product.home.resolve("witness.key").toString();
        var answer = product.omni("airgap", "cosign", proof.toString(), "--key", key);
        assertEquals(0, answer.exit(), answer.err());
        var name = answer.err().replaceAll("(?s).*--witness (\\S+).*", "$1");
        var note = Files.writeString(product.home.resolve("cosigned"), answer.out());
        assertEquals(
                5,
                product.omni("airgap", "verify", proof.toString(), "--witness", name)
                        .exit(),
                "this proof was made before");
        var kept = product.omni("airgap", "prove", "--witnessed", note.toString());
        assertEquals(0, kept.exit(), kept.err());
        var held = product.omni("airgap", "prove");
        assertEquals(1, held.err().lines().count(), held.err());
        var later = Files.writeString(product.home.resolve("later.json"), held.out());
        var verdict = product.omni("airgap", "verify", later.toString(), "--witness", name);
        assertEquals(0, verdict.exit(), verdict.out());
        assertTrue(verdict.out().contains("cosigned them"), verdict.out());
        assertEquals(
                0,
                product.omni("airgap", "cosign", later.toString(), "--key", key).exit());
        var lie = Files.writeString(
                product.home.resolve("lie"), Files.readString(note).replace("omni.", "lie."));
        assertEquals(
                5,
                product.omni("airgap", "prove", "--witnessed", lie.toString()).exit());
    }
}
