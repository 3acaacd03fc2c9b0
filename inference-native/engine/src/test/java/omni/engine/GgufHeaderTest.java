package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufHeaderTest {
    @TempDir
    Path folder;

    @Test
    void theSeedTellsWhatItIs() throws IOException {
        GgufHeader header = GgufHeader.read(EngineFixture.SEED);
        assertEquals("llama", header.architecture());
        assertEquals(OptionalInt.of(2048), header.contextTokens());
        assertEquals(OptionalInt.of(256), header.embeddingLength());
    }

    @Test
    void whatIsNoGgufIsRefused() throws IOException {
        assertTrue(hint("PK\u0003\u0004 something else").contains("does not begin with GGUF"));
        assertTrue(hint("GG").contains("does not begin with GGUF"));
        assertTrue(hint("").contains("does not begin with GGUF"));
    }

    @Test
    void otherVersionsAreRefused() throws IOException {
        assertTrue(hint(header(1, 1, 0)).contains("version"));
        assertTrue(hint(header(4, 1, 0)).contains("version"));
    }

    @Test
    void countsOnePastTheirBoundsAreRefused() throws IOException {
        assertTrue(hint(header(3, 1_048_577, 0)).contains("out of its bounds"));
        assertTrue(hint(header(3, 1, 65_537)).contains("out of its bounds"));
        assertTrue(hint(header(3, -1, 0)).contains("out of its bounds"));
        assertTrue(hint(header(3, 1, 0)).contains("architecture"));
    }

    @Test
    void everyCutOfAModelIsRefused() throws IOException {
        byte[] head = Files.readAllBytes(EngineFixture.SEED);
        Path file = folder.resolve("cut.gguf");
        Random random = new Random(7);
        for (int i = 0; i < 120; i++) {
            int length = random.nextInt(i < 80 ? 150_000 : head.length * 9 / 10);
            Files.write(file, Arrays.copyOf(head, length));
            assertThrows(EngineException.Invalid.class, () -> GgufHeader.read(file), "cut at " + length);
        }
    }

    /** A damaged header is refused or read; it never ends in another exception, nor in more memory than the file. */
    @Test
    void damagedHeadersDoNoHarm() throws IOException {
        byte[] head = Arrays.copyOf(Files.readAllBytes(EngineFixture.SEED), 200_000);
        Path file = folder.resolve("damaged.gguf");
        Random random = new Random(11);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] damaged = head.clone();
            for (int n = 0; n < 4; n++) {
                damaged[4 + random.nextInt(i < 150 ? 600 : damaged.length - 4)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            try {
                GgufHeader.read(file);
            } catch (EngineException.Invalid e) {
                refused++;
            }
        }
        assertEquals(300, refused, "all are cut short, besides");
    }

    private String hint(String content) throws IOException {
        return hint(content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String hint(byte[] content) throws IOException {
        Path file = folder.resolve("x.gguf");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.wrap(content));
        }
        EngineException.Invalid refused = assertThrows(EngineException.Invalid.class, () -> GgufHeader.read(file));
        assertEquals("path", refused.parameter);
        return refused.hint;
    }

    private static byte[] header(int version, long tensors, long pairs) {
        return ByteBuffer.allocate(64)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'G', 'G', 'U', 'F'})
                .putInt(version)
                .putLong(tensors)
                .putLong(pairs)
                .array();
    }
}
