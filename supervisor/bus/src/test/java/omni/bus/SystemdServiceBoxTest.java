package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Omni's client calls a real systemd service: systemd-creds, given the connection as descriptor 3 by
 * systemd-socket-activate.
 */
final class SystemdServiceBoxTest {
    private static final Debian13 DEBIAN = new Debian13("systemd");

    @TempDir
    Path folder;

    private Process activator;
    private BusClient bus;

    @BeforeEach
    void start() throws IOException {
        Path socket = folder.resolve("creds.sock");
        var command = DEBIAN.command("usr/bin/systemd-socket-activate", "--accept", "--fdname=varlink", "-l");
        command.add(socket.toString());
        command.add("-E");
        command.add("SYSTEMD_CREDENTIAL_SECRET=" + folder.resolve("secret"));
        command.addAll(DEBIAN.command("usr/bin/systemd-creds"));
        activator = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("activator.log").toFile())
                .start();
        Await.until("somebody listens", () -> listens(socket));
        bus = BusClient.to(socket);
    }

    /** The socket is there a moment before. */
    private static boolean listens(Path socket) {
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @AfterEach
    void stop() {
        bus.close();
        activator.descendants().forEach(ProcessHandle::destroy);
        activator.destroy();
    }

    @Test
    void asksWhoItIs() {
        JsonNode info = bus.call("org.varlink.service.GetInfo", Wire.out().toJson());
        assertEquals("The systemd Project", info.get("vendor").stringValue());
    }

    @Test
    void readsItsInterface() {
        JsonNode reply = bus.call(
                "org.varlink.service.GetInterfaceDescription",
                Wire.out()
                        .put("interface", "io.systemd.Credentials", Wire::writeString)
                        .toJson());
        Idl idl = IdlParser.parse(reply.get("description").stringValue());
        assertEquals("io.systemd.Credentials", idl.name());
        String source = JavaWriter.write(idl, reply.get("description").stringValue(), "p");
        assertTrue(source.contains("public record EncryptParams("), source);
    }

    @Test
    void encryptsAndDecrypts() {
        JsonNode sealed = bus.call(
                "io.systemd.Credentials.Encrypt",
                Wire.out()
                        .put("name", "probe", Wire::writeString)
                        .put("text", "hello", Wire::writeString)
                        .toJson());
        JsonNode opened = bus.call(
                "io.systemd.Credentials.Decrypt",
                Wire.out()
                        .put("name", "probe", Wire::writeString)
                        .put("blob", sealed.get("blob").stringValue(), Wire::writeString)
                        .toJson());
        byte[] data = Base64.getDecoder().decode(opened.get("data").stringValue());
        assertEquals("hello", new String(data, StandardCharsets.UTF_8));
    }

    @Test
    void hearsItsErrors() {
        BusError error = assertThrows(
                BusError.class,
                () -> bus.call(
                        "io.systemd.Credentials.Decrypt",
                        Wire.out().put("blob", "AAAA", Wire::writeString).toJson()));
        assertEquals("io.systemd.Credentials.BadFormat", error.name());
    }
}
