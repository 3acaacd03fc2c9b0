package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The whole product, as an owner meets it: the runtime tree, an empty home, the real model. One start for all. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EndToEndTest {
    private static final Product PRODUCT = make();

    private static Product make() {
        try {
            return new Product();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void end() throws IOException {
        PRODUCT.close();
    }

    /** The running tree; started by the first test that asks. */
    private static final class Running {
        static final Product.Up UP = start();

        private static Product.Up start() {
            try {
                return PRODUCT.up();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @BeforeAll
    static void theTreeRuns() {
        assertTrue(Running.UP.process().isAlive());
    }

    @Test
    @Order(1)
    void thePrintedRequestStreamsTheAnswer() throws IOException {
        var printed = Running.UP.printed().toString();
        assertTrue(printed.contains("shown this once"), "a first start shows its key");
        assertEquals(1, printed.lines().filter(l -> l.startsWith("curl ")).count());
        var answer = Request.of(Running.UP.curl()).send();
        assertEquals(200, answer.status());
        assertTrue(answer.text().contains("12"), answer.text());
        assertTrue(answer.events().size() > 3, "the answer came in pieces");
        assertEquals("[DONE]", answer.events().getLast());
    }

    @Test
    @Order(2)
    void aSecondUpNamesTheHolder() throws Exception {
        var done = PRODUCT.omni("up");
        assertEquals(4, done.exit(), done.err());
        assertTrue(done.err().contains("pid " + Running.UP.process().pid()), done.err());
    }

    @Test
    @Order(3)
    void statusTellsOfEveryRole() throws Exception {
        var status = PRODUCT.status();
        assertEquals("ready", status.path("state").asString());
        for (var role : List.of("supervisor", "engine", "daemon")) {
            assertTrue(Product.pid(status, role) > 0, role);
        }
        assertEquals(
                Request.of(Running.UP.curl()).url(), status.at("/address/url").asString() + "/v1/chat/completions");
    }

    @Test
    @Order(4)
    void chatNeedsNoKey() throws Exception {
        var done = PRODUCT.omni("chat", "What is 7 plus 5?");
        assertEquals(0, done.exit(), done.err());
        assertTrue(done.out().contains("12"), done.out());
        assertTrue(PRODUCT.omni("models").out().contains("comes with Omni"));
    }

    @Test
    @Order(5)
    void aKeyWorksUntilItIsRevoked() throws Exception {
        var printed = Request.of(Running.UP.curl());
        var mine = new Request(
                printed.url(), PRODUCT.omni("key", "new", "test").out().strip(), printed.body());
        assertEquals(200, mine.send().status());
        assertEquals(0, PRODUCT.omni("key", "revoke", "test").exit());
        assertEquals(401, mine.send().status());
    }

    @Test
    @Order(6)
    void aKilledEngineComesBackAndAnswersAgain() throws Exception {
        var before = Product.pid(PRODUCT.status(), "engine");
        var daemon = Product.pid(PRODUCT.status(), "daemon");
        ProcessHandle.of(before).orElseThrow().destroyForcibly();
        Await.until("another engine is ready", () -> {
            var now = status();
            var pid = Product.pid(now, "engine");
            return pid != 0 && pid != before && now.path("state").asString().equals("ready");
        });
        assertEquals(daemon, Product.pid(PRODUCT.status(), "daemon"), "the daemon was touched");
        assertTrue(PRODUCT.omni("chat", "What is 7 plus 5?").out().contains("12"));
    }

    private static tools.jackson.databind.JsonNode status() {
        try {
            return PRODUCT.status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Order(7)
    void whatIsAskedIsInNoFile() throws Exception {
        var words = "canary" + Planted.random(); // which nobody has written before
        var since = Instant.now().minusSeconds(2);
        var request = Request.of(Running.UP.curl());
        assertEquals(200, request.asking("Say " + words).send().status());
        assertEquals(0, PRODUCT.omniWith("Say " + words, "chat").exit());
        assertEquals(400, request.asking((words + " ").repeat(3000)).send().status());
        var dying = Thread.ofVirtual().start(() -> {
            try {
                PRODUCT.omniWith("Count from 1 to 20. " + words, "chat");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        var pid = Product.pid(PRODUCT.status(), "engine");
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        dying.join();
        assertNotEquals(0, PRODUCT.crashed("chat", "Count from 1 to 20. " + words));
        List<Path> places = List.of(PRODUCT.home.getParent(), Path.of(System.getProperty("java.io.tmpdir")));
        var needles = Needles.of(words);
        assertEquals(Map.of(), needles.in(places, since));
        for (var place : places) {
            var planted = Files.writeString(place.resolve("planted-by-the-test"), "x".repeat(1 << 20) + words);
            try {
                assertTrue(needles.in(List.of(place), since).containsKey(planted), "the search is blind in " + place);
            } finally {
                Files.delete(planted);
            }
        }
    }

    @Test
    @Order(8)
    void downLeavesNoProcessAndNoSocket() throws Exception {
        Await.until("all is ready", () -> status().path("state").asString("").equals("ready"));
        var status = PRODUCT.status();
        var down = PRODUCT.omni("down");
        assertEquals(0, down.exit(), down.err());
        for (var role : status.path("roles")) {
            assertFalse(alive(role.path("pid").asLong(0)), role.path("name").asString());
        }
        try (var left = Files.newDirectoryStream(PRODUCT.run, "*.sock")) {
            assertFalse(left.iterator().hasNext(), "a socket is left");
        }
        assertEquals(0, Running.UP.process().waitFor());
        assertEquals(3, PRODUCT.omni("status").exit());
        assertNotEquals(0, status.path("roles").size());
    }

    private static boolean alive(long pid) {
        return pid != 0 && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
