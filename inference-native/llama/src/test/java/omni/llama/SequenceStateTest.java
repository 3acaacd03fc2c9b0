package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequenceStateTest {
    private static final int[] PROMPT = Seed.chat("Tell me a story about a fox.");
    private static final byte[] HASH = new byte[32];
    private static final long BYTES_MAX = 64 << 20;

    @Test
    void goesOnFromAFileAsIfItHadNeverLeft(@TempDir Path folder) throws IOException {
        var file = folder.resolve("fox.seq");
        try (var context = Seed.context(2)) {
            Seed.prefill(context, Arrays.copyOf(PROMPT, PROMPT.length - 1), 1);
            try (var state = context.save(1)) {
                state.writeTo(file, HASH);
                assertEquals(PROMPT.length - 2, state.positionMax());
            }
        }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (var context = Seed.context(2);
                var read = SequenceState.readFrom(file, HASH, BYTES_MAX);
                var fresh = Seed.context(2)) {
            context.restore(0, read);
            assertEquals(PROMPT.length - 2, context.memory().positionMax(0));
            var last = Batch.allocate(1, 1);
            last.add(PROMPT[PROMPT.length - 1], PROMPT.length - 1, 0, true);
            context.decode(last);
            Seed.prefill(fresh, PROMPT, 0);
            assertEquals(
                    Seed.continueGreedily(fresh, 0, PROMPT.length - 1, PROMPT.length, 12),
                    Seed.continueGreedily(context, 0, 0, PROMPT.length, 12));
        }
        try (var context = Seed.context(1);
                var state = context.save(0)) {
            assertThrows(UncheckedIOException.class, () -> state.writeTo(file, HASH), "nothing is written over");
            assertEquals(-1, state.positionMax());
        }
    }

    @Test
    void isRefusedWhereItDoesNotFit() throws IOException {
        var bytes = saved();
        assertEquals(
                "it is of another model", refused(bytes, other(HASH), BYTES_MAX).detail());
        assertEquals(
                "it is of another release of llama.cpp",
                refused(with(bytes, 9, 7), HASH, BYTES_MAX).detail());
        var payload = bytes.length - StateHeader.BYTES - StateHeader.DIGEST_BYTES;
        refused(bytes, HASH, payload - 1);
        SequenceState.readFrom(in(bytes), HASH, payload).close();
        refused(bytes, new byte[31], BYTES_MAX);

        var quantized = new ContextParams(
                2048,
                512,
                512,
                2,
                1,
                1,
                false,
                ContextParams.Pooling.MODEL,
                ContextParams.FlashAttention.ON,
                true,
                ContextParams.CacheType.Q8_0,
                ContextParams.CacheType.Q8_0);
        var apart = new ContextParams(
                2048,
                512,
                512,
                2,
                1,
                1,
                false,
                ContextParams.Pooling.MODEL,
                ContextParams.FlashAttention.AUTO,
                false,
                ContextParams.CacheType.F16,
                ContextParams.CacheType.F16);
        try (var state = SequenceState.readFrom(in(bytes), HASH, BYTES_MAX)) {
            for (var params : new ContextParams[] {quantized, apart}) {
                try (var context = Context.create(Seed.MODEL, params)) {
                    assertThrows(LlamaException.class, () -> context.restore(0, state));
                    assertEquals(-1, context.memory().positionMax(0));
                }
            }
        }
    }

    @Test
    void hostileBytesNeverReachLlama() throws IOException {
        var bytes = saved();
        for (var length = 0; length < 200; length++) {
            refused(Arrays.copyOf(bytes, length), HASH, BYTES_MAX);
        }
        refused(Arrays.copyOf(bytes, bytes.length - 1), HASH, BYTES_MAX);
        refused(Arrays.copyOf(bytes, bytes.length + 1), HASH, BYTES_MAX);
        var random = new Random(11);
        for (var i = 0; i < 3000; i++) {
            var at = random.nextInt(i % 2 == 0 ? 200 : bytes.length);
            refused(with(bytes, at, bytes[at] ^ (1 << random.nextInt(8))), HASH, BYTES_MAX);
        }
        // A length that would take all memory is refused before any is taken.
        for (var huge : new long[] {Long.MAX_VALUE, BYTES_MAX + 1, -1, 0}) {
            var wrong = bytes.clone();
            ByteBuffer.wrap(wrong).order(ByteOrder.LITTLE_ENDIAN).putLong(88, huge);
            refused(wrong, HASH, BYTES_MAX);
        }
    }

    private static byte[] saved() throws IOException {
        try (var context = Seed.context(2)) {
            Seed.prefill(context, PROMPT, 0);
            try (var state = context.save(0);
                    var out = new ByteArrayOutputStream()) {
                state.writeTo(Channels.newChannel(out), HASH);
                assertEquals(state.sizeBytes() + 128, out.size());
                return out.toByteArray();
            }
        }
    }

    private static LlamaException refused(byte[] bytes, byte[] hash, long bytesMax) {
        return assertThrows(
                LlamaException.class,
                () -> SequenceState.readFrom(in(bytes), hash, bytesMax).close());
    }

    private static java.nio.channels.ReadableByteChannel in(byte[] bytes) {
        return Channels.newChannel(new ByteArrayInputStream(bytes));
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        var copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static byte[] other(byte[] hash) {
        return with(hash, 3, 1);
    }

    @Test
    void aClosedOneIsAnErrorAndNoCrash(@TempDir Path folder) throws IOException {
        try (var context = Seed.context(1)) {
            var state = context.save(0);
            state.close();
            state.close();
            assertThrows(LlamaException.class, () -> context.restore(0, state));
            assertThrows(LlamaException.class, () -> state.writeTo(folder.resolve("x"), HASH));
            assertFalse(Files.exists(folder.resolve("x")), "nothing is left behind");
            assertTrue(state.sizeBytes() > 0);
        }
    }
}
