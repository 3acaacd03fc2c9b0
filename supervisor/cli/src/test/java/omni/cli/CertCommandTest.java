package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.api.DaemonProtocol.Lan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code omni cert}, and what {@code omni status} says of the certificate. */
class CertCommandTest {
    private static final String PIN = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private static final Lan LAN = new Lan(
            List.of("https://box.local:11434", "https://192.168.1.10:11434"),
            List.of("192.168.1.11"),
            PIN,
            "2027-11-26T00:00:00Z");

    @TempDir
    Path folder;

    @Test
    void exportsToStandardOutputOrIntoAFileThatIsNotThereYet() throws IOException {
        try (var tree = new FakeTree(folder).start()) {
            tree.daemon.lan = LAN;
            var out = tree.run("cert", "export");
            assertEquals(0, out.exit(), out.err());
            assertEquals(FakeDaemon.PEM, out.out());
            var file = folder.resolve("omni.pem");
            var done = tree.run("cert", "export", "--out", file.toString());
            assertEquals(0, done.exit(), done.err());
            assertEquals(FakeDaemon.PEM, Files.readString(file));
            assertTrue(done.out().contains(PIN), done.out());
            var again = tree.run("cert", "export", "--out", file.toString());
            assertEquals(ExitCode.USAGE.number(), again.exit());
            assertTrue(again.err().contains("is there already"), again.err());
            var nowhere = tree.run(
                    "cert", "export", "--out", folder.resolve("no/omni.pem").toString());
            assertEquals(ExitCode.ERROR.number(), nowhere.exit());
            var json = Json.parse(tree.run("cert", "export", "--json").out());
            assertEquals(FakeDaemon.PEM, json.get("pem").asString());
            assertEquals(PIN, json.get("pin").asString());
        }
    }

    @Test
    void whereNobodyReachesItThereIsNoneAndTheWayToOneIsSaid() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("cert", "export");
            assertEquals(ExitCode.REFUSED.number(), done.exit());
            assertTrue(done.err().contains("listen = [\"lan\"]"), done.err());
            assertEquals(ExitCode.USAGE.number(), tree.run("cert").exit());
        }
    }

    @Test
    void theStatusSaysWhereByWhatKeyAndWhichAddressIsMissing() {
        try (var tree = new FakeTree(folder).start()) {
            var alone = tree.run("status").out();
            assertTrue(!alone.contains("TLS"), alone);
            tree.daemon.lan = LAN;
            var text = tree.run("status").out();
            assertTrue(text.contains("https://192.168.1.10:11434\n"), text);
            assertTrue(text.contains("public key " + PIN), text);
            assertTrue(text.contains("not at 192.168.1.11"), text);
            var json = Json.parse(tree.run("status", "--json").out());
            assertEquals(PIN, json.at("/address/lan/pin").asString());
            assertEquals("192.168.1.11", json.at("/address/lan/missing/0").asString());
        }
    }
}
