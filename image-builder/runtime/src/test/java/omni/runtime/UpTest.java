package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How {@code omni up} begins where it cannot, and how it ends where it is told to. */
class UpTest {
    private static final List<String> ROLES = List.of("engine", "daemon");

    @Test
    void aBusyPortNamesItsHolder() throws Exception {
        try (var product = new Product();
                var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            product.configure("[daemon]\nport = " + busy.getLocalPort() + "\n");
            var done = product.omni("up");
            assertEquals(4, done.exit(), done.err());
            assertTrue(done.err().contains("Port " + busy.getLocalPort()), done.err());
            assertTrue(done.err().contains("pid " + ProcessHandle.current().pid()), done.err());
        }
    }

    @Test
    void whoWantsOthersLetInInTheClearIsToldHowTheyAre() throws Exception {
        try (var product = new Product()) {
            product.configure("[daemon]\nhost = \"192.0.2.1\"\n");
            var done = product.omni("up");
            assertEquals(1, done.exit(), done.err());
            assertTrue(done.err().contains("by TLS, with listen"), done.err());
        }
    }

    @Test
    void aWrongSettingIsToldInOneSentence() throws Exception {
        try (var product = new Product()) {
            product.configure("[daemon]\nprot = 1\n");
            var done = product.omni("up");
            assertEquals(1, done.exit(), done.err());
            assertEquals(1, done.err().lines().count(), done.err());
            assertTrue(done.err().contains("daemon.port"), done.err());
            var json = product.omni("up", "--json");
            assertEquals(1, Product.json(json.err()).at("/error/exit").asInt(), json.err());
        }
    }

    @Test
    void aHomeThatOthersMayWriteToIsRefused() throws Exception {
        try (var product = new Product()) {
            Files.setPosixFilePermissions(product.home, PosixFilePermissions.fromString("rwxrwxrwx"));
            var done = product.omni("up");
            assertEquals(1, done.exit(), done.err());
            assertTrue(done.err().contains("chmod 700"), done.err());
        }
    }

    @Test
    void aRoleThatCannotStartEndsTheTreeAndTheReasonIsTheLastLine() throws Exception {
        try (var product = new Product()) {
            Files.writeString(product.home.resolve("keys.json"), "{not a list of keys");
            var done = product.omni("up");
            assertEquals(1, done.exit(), done.out() + done.err());
            var last = done.err().lines().toList().getLast();
            assertTrue(last.startsWith("Omni has stopped: ") && last.contains("daemon"), done.err());
            assertEquals(3, product.omni("status").exit());
        }
    }

    @Test
    void aSecondCtrlCKillsWhatDoesNotStop() throws Exception {
        try (var product = new Product()) {
            var up = product.up();
            var status = product.status();
            Box.signal("STOP", Product.pid(status, "daemon")); // frozen, it cannot stop in order
            Box.signal("INT", up.process().pid());
            Await.until(
                    "the first Ctrl-C is heard", () -> up.printed().toString().contains("Ctrl-C again kills"));
            // Within half a second a second one counts as the echo of the first: so again, until it is heard.
            Await.until("the second Ctrl-C ends it", () -> {
                Box.signal("INT", up.process().pid());
                return !up.process().isAlive();
            });
            assertTrue(up.process().waitFor(1, TimeUnit.MINUTES));
            assertEquals(130, up.process().exitValue());
            Await.until("no role is left", () -> ROLES.stream().noneMatch(role -> isAlive(status, role)));
        }
    }

    @Test
    void aSupervisorThatHangsKeepsNobodyWaiting() throws Exception {
        try (var product = new Product()) {
            var up = product.up();
            Box.signal("STOP", up.process().pid());
            try {
                for (var command : List.of("status", "up", "down")) {
                    var done = product.omni(command);
                    assertEquals(6, done.exit(), command + done.err());
                    assertTrue(done.err().contains("gives no answer"), command + done.err());
                }
            } finally {
                Box.signal("CONT", up.process().pid());
            }
        }
    }

    private static boolean isAlive(JsonNode status, String role) {
        return ProcessHandle.of(Product.pid(status, role))
                .map(ProcessHandle::isAlive)
                .orElse(false);
    }
}
