package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** systemd's varlinkctl calls an Omni server and judges the interface files. */
final class VarlinkctlBoxTest {
    private static final Debian13 DEBIAN = new Debian13("systemd");

    @TempDir
    Path folder;

    private final ProbeHandler handler = new ProbeHandler();
    private Path socket;
    private BusServer server;

    @BeforeEach
    void start() {
        socket = folder.resolve("probe.sock");
        server = BusServer.at(socket)
                .identity("Omni", "probe", "1.2", "https://example.org")
                .service(ProbeProtocol.service(handler))
                .start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static Debian13.Result varlinkctl(String... arguments) {
        return DEBIAN.run("usr/bin/varlinkctl", arguments);
    }

    private String succeed(String... arguments) {
        Debian13.Result result = varlinkctl(arguments);
        assertEquals(0, result.status(), result.err());
        return result.out().strip();
    }

    @Test
    void info() {
        String out = succeed("info", socket.toString());
        for (String expected : List.of("Omni", "probe", "1.2", "https://example.org", "omni.Probe")) {
            assertTrue(out.contains(expected), out);
        }
    }

    @Test
    void listInterfaces() {
        assertEquals(
                List.of("omni.Probe", "org.varlink.service"),
                succeed("list-interfaces", socket.toString()).lines().toList());
    }

    @Test
    void introspect() {
        String out = succeed("introspect", socket.toString(), "omni.Probe");
        assertEquals("omni.Probe", IdlParser.parse(out).name());
        assertEquals(
                "org.varlink.service",
                IdlParser.parse(succeed("introspect", socket.toString(), "org.varlink.service"))
                        .name());
    }

    @Test
    void call() {
        assertEquals(
                "{\"word\":\"grüße\"}",
                succeed("call", "-j", socket.toString(), "omni.Probe.Say", "{\"word\":\"grüße\"}"));
    }

    @Test
    void callMore() {
        String out =
                succeed("call", "-j", "--more", socket.toString(), "omni.Probe.Count", "{\"count\":3,\"bytes\":1}");
        assertEquals(3, out.split("\"index\"", -1).length - 1, out);
    }

    @Test
    void callOneway() {
        succeed("call", "--oneway", socket.toString(), "omni.Probe.Say", "{\"word\":\"quiet\"}");
        Await.until("the word is said", () -> handler.said.get() == 1);
    }

    @Test
    void errorsArriveByName() {
        Debian13.Result declared =
                varlinkctl("call", "-j", socket.toString(), "omni.Probe.Fail", "{\"how\":\"declared\"}");
        assertNotEquals(0, declared.status());
        assertTrue(declared.err().contains("omni.Probe.Declared"), declared.err());
        Debian13.Result unknown = varlinkctl("call", "-j", socket.toString(), "omni.Probe.Nothing", "{}");
        assertTrue(unknown.err().contains("org.varlink.service.MethodNotFound"), unknown.err());
    }

    @Test
    void everyInterfaceFileOfTheRepositoryIsValid() throws IOException {
        Path root = Path.of(System.getProperty("omni.root"));
        List<Path> files;
        try (Stream<Path> found = Files.find(
                root,
                8,
                (path, _) ->
                        path.toString().endsWith(".varlink") && !path.toString().contains("/target/"))) {
            files = found.toList();
        }
        assertTrue(files.size() >= 4, files.toString());
        for (Path file : files) {
            Debian13.Result result = varlinkctl("validate-idl", file.toString());
            assertEquals(0, result.status(), file + ": " + result.err());
        }
    }

    @Test
    void anInvalidInterfaceFileIsFoundByBoth() throws IOException {
        for (String body : List.of(
                "type T (a: [][]int)",
                "type T (a: []?int)",
                "type T ()\nmethod T() -> ()",
                "type T (a: int, a: int)")) {
            String text = "interface a.B\n" + body + "\n";
            Path file = Files.writeString(folder.resolve("a.B.varlink"), text);
            assertNotEquals(0, varlinkctl("validate-idl", file.toString()).status(), body);
            assertThrows(IdlException.class, () -> IdlParser.parse(text), body);
        }
    }
}
