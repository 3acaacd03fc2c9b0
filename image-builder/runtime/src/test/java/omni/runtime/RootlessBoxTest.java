package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The kill switch for somebody who is not root. The test is, and plays the neighbour: it puts a link into the namespace of the
 * roles, with senders that have more rights than any role.
 */
class RootlessBoxTest {
    private static final List<String> LIMITS = List.of(
            "the egress of daemon is not enforced: it runs outside, for Omni does not run as root",
            "the egress of fetch is not enforced: it runs outside, for Omni does not run as root",
            "the egress of vault is not enforced: it runs outside, for Omni does not run as root");

    private final String neighbour = "omni-next-" + ProcessHandle.current().pid();
    private final List<Process> senders = new ArrayList<>();

    @BeforeEach
    void make() throws Exception {
        AirgapBoxTest.run("ip", "netns", "add", neighbour);
    }

    @AfterEach
    void remove() throws Exception {
        senders.forEach(Process::destroyForcibly);
        AirgapBoxTest.run("ip", "netns", "del", neighbour);
    }

    @Test
    void closesTheNetworkOfTheRolesAndSaysWhatStaysOpen() throws Exception {
        try (var product = Product.withoutRoot()) {
            Path console = Files.createFile(product.home.resolve("console"));
            product.configure("[daemon]\nport = 0\n[airgap]\nconsole = \"" + console + "\"\n");
            product.give();
            var up = product.up();
            var status = product.status();
            String roles = network(Product.pid(status, "engine"));
            assertEquals(roles, network(Product.pid(status, "airgap")));
            assertEquals(network(Product.pid(status, "supervisor")), network(Product.pid(status, "daemon")));
            assertNotEquals(network(Product.pid(status, "supervisor")), roles);
            assertTrue(status.path("notIsolated").toString().contains("egress is not enforced"), status::toString);
            String key = product.omni("key", "step-up").out().strip();

            plug("eth0", Product.pid(status, "engine"));
            send("eth0", Product.pid(status, "engine"));
            Await.until("the control: it leaks", () -> frames("eth0") > 100);
            var engaged = product.omni("airgap", "engage");
            assertEquals(0, engaged.exit(), engaged.out() + engaged.err());
            assertTrue(engaged.out().contains("every step is confirmed"), engaged.out());
            LIMITS.forEach(limit -> assertTrue(engaged.out().contains(limit), engaged.out()));
            quiet("eth0");
            plug("eth1", Product.pid(status, "engine"));
            send("eth1", Product.pid(status, "engine"));
            Await.until("the new link is down", () -> isDown("eth1", Product.pid(status, "engine")));
            quiet("eth1");

            var chat = product.omni("chat", "What is 7 plus 5?");
            assertTrue(chat.out().contains("12"), chat.out() + chat.err());
            api(up.curl());
            audit(product);

            senders.forEach(Process::destroyForcibly); // what a packet socket holds is in the way of a lift
            for (var sender : senders) {
                sender.waitFor();
            }
            var lifted = AirgapBoxTest.lift(product, console, key, true);
            assertEquals(0, lifted.exit(), lifted.out());
            assertEquals(0, product.omni("down").exit());
        }
    }

    private static String network(long pid) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net")).toString();
    }

    /** A pair of links between the roles' namespace and the neighbour's, both ends up. */
    private void plug(String link, long pid) throws Exception {
        String net = "/proc/" + pid + "/ns/net";
        AirgapBoxTest.run("ip", "-n", neighbour, "link", "add", link, "type", "veth", "peer", "name", "x" + link);
        AirgapBoxTest.run("ip", "-n", neighbour, "addr", "add", "10.77.0.2/24", "dev", link);
        AirgapBoxTest.run("ip", "-n", neighbour, "link", "set", link, "up");
        AirgapBoxTest.run("ip", "-n", neighbour, "link", "set", "x" + link, "netns", Long.toString(pid), "name", link);
        AirgapBoxTest.run("nsenter", "--net=" + net, "ip", "addr", "add", "10.77.0.1/24", "dev", link);
        AirgapBoxTest.run("nsenter", "--net=" + net, "ip", "link", "set", link, "up");
    }

    /** By IP and by whole frames, for as long as the test goes on. */
    private void send(String link, long pid) throws Exception {
        Path source = Path.of(System.getProperty("omni.root"), "airgap/airgap/src/test/c/send.c");
        Path probe = Path.of(System.getProperty("java.io.tmpdir"), neighbour + "-send");
        if (!Files.exists(probe)) {
            AirgapBoxTest.run("gcc", "-O2", "-o", probe.toString(), source.toString());
            probe.toFile().deleteOnExit();
        }
        for (String kind : List.of("udp", "packet")) {
            Process sender = new ProcessBuilder(
                            "nsenter", "--net=/proc/" + pid + "/ns/net", probe.toString(), kind, link)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            senders.add(sender);
            assertEquals("ready", sender.inputReader().readLine());
        }
    }

    /** How many the neighbour's end has received. */
    private long frames(String link) {
        try {
            String told = AirgapBoxTest.run(
                    "ip", "netns", "exec", neighbour, "cat", "/sys/class/net/" + link + "/statistics/rx_packets");
            return Long.parseLong(told.strip());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void quiet(String link) {
        long before = frames(link);
        LockSupport.parkNanos(1_000_000_000);
        assertEquals(before, frames(link), "frames on " + link + " in a gap");
    }

    private static boolean isDown(String link, long pid) {
        try {
            return !AirgapBoxTest.run("nsenter", "--net=/proc/" + pid + "/ns/net", "ip", "link", "show", link)
                    .contains(",UP");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void api(String curl) throws Exception {
        var printed = Request.of(curl);
        var airgap = URI.create(printed.url()).resolve("/v1/airgap");
        try (var http = HttpClient.newHttpClient()) {
            var ask = HttpRequest.newBuilder(airgap).header("Authorization", "Bearer " + printed.key());
            var answer = http.send(ask.build(), HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            LIMITS.forEach(limit -> assertTrue(answer.body().contains(limit), answer.body()));
        }
    }

    /** The role sees whose each socket of the other roles is, though they are hidden from the owner's other programs. */
    private static void audit(Product product) throws Exception {
        var audit =
                product.omni("airgap", "audit", "--scope", "--all", "--json").out();
        assertTrue(audit.contains("\"role\":\"airgap\""), audit);
        assertTrue(audit.contains("\"role\":\"engine\""), audit);
    }
}
