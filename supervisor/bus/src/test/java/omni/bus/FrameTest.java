package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes on the wire, against golden ones, and what is refused of them. */
final class FrameTest {
    private static final Json JSON = new Json(BusLimits.defaults());

    @TempDir
    Path folder;

    @Test
    void repliesAreTheGoldenBytes() throws IOException {
        Path socket = folder.resolve("probe.sock");
        try (BusServer _ = BusServer.at(socket)
                        .identity("Omni", "probe", "1", "https://example.org")
                        .service(ProbeProtocol.service(new ProbeHandler()))
                        .start();
                var peer = new RawPeer(socket)) {
            for (String line : golden("server.golden")) {
                String text = line.substring(2);
                if (line.startsWith("> ")) {
                    assertTrue(peer.send(text + "\0"));
                } else {
                    assertEquals(Optional.of(text), peer.receive());
                }
            }
        }
    }

    @Test
    void requestsAreTheGoldenBytes() throws IOException {
        var parameters = Wire.out().put("word", "a\0b\n", Wire::writeString).toJson();
        List<Request> requests = List.of(
                new Request("omni.Probe.Say", parameters, false, false),
                new Request("omni.Probe.Say", Wire.out().toJson(), true, false),
                new Request("omni.Probe.Say", Wire.out().toJson(), false, true));
        List<String> golden = golden("client.golden");
        assertEquals(requests.size(), golden.size());
        for (int i = 0; i < requests.size(); i++) {
            byte[] frame = JSON.frame(requests.get(i).toJson());
            assertEquals(golden.get(i) + "\0", new String(frame, StandardCharsets.UTF_8));
        }
    }

    private static List<String> golden(String name) throws IOException {
        Path root = Path.of(System.getProperty("omni.root"));
        return Files.readAllLines(root.resolve("supervisor/bus/src/test/golden").resolve(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "null",
                "\"text\"",
                "{",
                "{}}",
                "{} {}",
                "{\"a\":1,\"a\":2}",
                "{'a':1}",
                "{\"a\":NaN}",
                "{\"a\":01}",
                "{\"a\":\"\u0001\"}",
                "\ufeff{}",
                "{/**/}",
                "{\"a\":1,}"
            })
    void refusesWhatIsNoObject(String text) {
        assertThrows(BusException.class, () -> JSON.parse(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void refusesBytesThatAreNoUtf8() {
        byte[] frame = "{\"a\":\"?\"}".getBytes(StandardCharsets.ISO_8859_1);
        frame[6] = (byte) 0xff;
        assertThrows(BusException.class, () -> JSON.parse(frame));
    }

    @Test
    void halfASurrogatePairIsEscaped() {
        var message = Wire.out().put("a", "\ud83c", Wire::writeString).toJson();
        byte[] frame = JSON.frame(message);
        assertEquals("{\"a\":\"\\uD83C\"}\0", new String(frame, StandardCharsets.UTF_8));
        assertEquals(message, JSON.parse(Arrays.copyOf(frame, frame.length - 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"method\":1}",
                "{\"method\":\"a.b\",\"parameters\":[]}",
                "{\"method\":\"a.b\",\"more\":1}",
                "{\"method\":\"a.b\",\"more\":true,\"oneway\":true}",
                "{\"method\":\"a.b\",\"upgrade\":true}"
            })
    void refusesWhatIsNoCall(String text) {
        var message = JSON.parse(text.getBytes(StandardCharsets.UTF_8));
        assertThrows(BusException.class, () -> Request.of(message));
    }

    @Test
    void framesAreCutWhereverTheStreamIsCut() throws IOException {
        byte[] stream = ("{\"a\":1}\0" + "\0" + "x".repeat(20_000) + "\0tail").getBytes(StandardCharsets.UTF_8);
        for (int chunk : List.of(1, 2, 7, 8191, 8192, 8193, stream.length)) {
            var frames = new Frames(chunked(stream, chunk), 20_000);
            assertEquals(7, frames.next().orElseThrow().length);
            assertEquals(0, frames.next().orElseThrow().length);
            assertEquals(20_000, frames.next().orElseThrow().length);
            assertTrue(frames.next().isEmpty());
        }
    }

    private static ReadableByteChannel chunked(byte[] stream, int chunk) {
        ReadableByteChannel whole = Channels.newChannel(new ByteArrayInputStream(stream));
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer into) throws IOException {
                ByteBuffer slice = into.slice(into.position(), Math.min(chunk, into.remaining()));
                int read = whole.read(slice);
                into.position(into.position() + Math.max(0, read));
                return read;
            }

            @Override
            public boolean isOpen() {
                return whole.isOpen();
            }

            @Override
            public void close() throws IOException {
                whole.close();
            }
        };
    }
}
