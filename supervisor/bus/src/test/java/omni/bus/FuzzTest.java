package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import omni.bus.ProbeProtocol.SayParams;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mutated input against the parsers and against a running server; the seeds are fixed, so a failure repeats. */
final class FuzzTest {
    private static final int JSON_ROUNDS = 20_000;
    private static final int IDL_ROUNDS = 4_000;
    private static final int SERVER_ROUNDS = 1_000;

    @TempDir
    Path folder;

    private static final List<String> MESSAGES = List.of(
            "{\"method\":\"omni.Probe.Say\",\"parameters\":{\"word\":\"w\\u0000\\ud83c\\udf0d\"}}",
            "{\"method\":\"omni.Probe.Count\",\"parameters\":{\"count\":3,\"bytes\":2},\"more\":true}",
            "{\"method\":\"org.varlink.service.GetInfo\",\"oneway\":true}",
            "{\"method\":\"omni.Probe.Echo\",\"parameters\":{\"all\":{\"flag\":true,\"count\":-1e3,\"list\":[1,2.5]}}}");

    private static final List<String> TOKENS =
            List.of("{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "1e999", "-", "\\u", "\0", "method", "?");

    private static byte[] mutate(Random random, byte[] source) {
        byte[] bytes = source.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && bytes.length > 0; i++) {
            int at = random.nextInt(bytes.length);
            bytes = switch (random.nextInt(5)) {
                case 0 -> splice(bytes, at, at, new byte[] {(byte) random.nextInt(256)});
                case 1 -> splice(bytes, at, at + 1, new byte[] {(byte) random.nextInt(256)});
                case 2 -> splice(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(8)), new byte[0]);
                case 3 -> splice(bytes, at, at, bytes.clone());
                default -> splice(bytes, at, at, token(random));
            };
        }
        return bytes;
    }

    private static byte[] token(Random random) {
        String token = TOKENS.get(random.nextInt(TOKENS.size()));
        return token.repeat(random.nextInt(10) == 0 ? 200 : 1).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] middle) {
        byte[] spliced = new byte[from + middle.length + bytes.length - to];
        System.arraycopy(bytes, 0, spliced, 0, from);
        System.arraycopy(middle, 0, spliced, from, middle.length);
        System.arraycopy(bytes, to, spliced, from + middle.length, bytes.length - to);
        return spliced;
    }

    @Test
    void messagesAreReadOrRefused() {
        var random = new Random(42);
        var json = new Json(BusLimits.defaults());
        int read = 0;
        for (int i = 0; i < JSON_ROUNDS; i++) {
            byte[] source = MESSAGES.get(random.nextInt(MESSAGES.size())).getBytes(StandardCharsets.UTF_8);
            try {
                Request.of(json.parse(mutate(random, source)));
                read++;
            } catch (BusException refused) {
                assertTrue(refused.getMessage() != null && !refused.getMessage().isEmpty());
            }
        }
        // Both ends of the parser were reached.
        assertTrue(read > JSON_ROUNDS / 100 && read < JSON_ROUNDS / 2, "read " + read);
    }

    @Test
    void descriptionsAreReadOrRefused() throws IOException {
        byte[] source = Files.readAllBytes(
                Path.of(System.getProperty("omni.root"), "supervisor/bus/src/test/varlink/omni.Probe.varlink"));
        var random = new Random(43);
        int read = 0;
        for (int i = 0; i < IDL_ROUNDS; i++) {
            String text = new String(mutate(random, source), StandardCharsets.UTF_8);
            try {
                Idl idl = IdlParser.parse(text);
                JavaWriter.write(idl, text, "p");
                read++;
            } catch (IdlException refused) {
                assertTrue(refused.line() >= 1);
            }
        }
        assertTrue(read > IDL_ROUNDS / 100 && read < IDL_ROUNDS, "read " + read);
    }

    @Test
    void theServerSurvivesAndOthersGoOn() throws IOException {
        Path socket = folder.resolve("probe.sock");
        var random = new Random(44);
        try (BusServer _ = BusServer.at(socket)
                        .service(ProbeProtocol.service(new ProbeHandler()))
                        .start();
                BusClient bus = BusClient.to(socket);
                ReplyStream<ProbeProtocol.CountReply> steady =
                        ProbeProtocol.Client.of(bus).countMore(new ProbeProtocol.CountParams(SERVER_ROUNDS, 10_000))) {
            for (int i = 0; i < SERVER_ROUNDS; i++) {
                byte[] source = MESSAGES.get(random.nextInt(MESSAGES.size())).getBytes(StandardCharsets.UTF_8);
                try (var peer = new RawPeer(socket)) {
                    peer.send(mutate(random, source));
                    if (random.nextBoolean() && peer.send("\0") && random.nextInt(20) == 0) {
                        peer.send("{\"method\":\"omni.Probe.Release\"}\0");
                        peer.receive();
                    }
                }
                assertEquals(i, steady.next().index());
            }
            assertEquals(
                    "on", ProbeProtocol.Client.of(bus).say(new SayParams("on")).word());
        }
    }
}
