package omni.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path path = Samples.values(folder.resolve("values.gguf"));
        Gguf file = Gguf.read(path);
        assertEquals(3, file.version());
        assertEquals(64, file.alignment());
        assertEquals(Files.size(path), file.fileBytes());
        assertEquals(OptionalLong.of(255), file.integer("u8"));
        assertEquals(OptionalLong.of(-128), file.integer("i8"));
        assertEquals(OptionalLong.of(65_535), file.integer("u16"));
        assertEquals(OptionalLong.of(-32_768), file.integer("i16"));
        assertEquals(OptionalLong.of(0xffff_ffffL), file.integer("u32"));
        assertEquals(OptionalLong.of(Integer.MIN_VALUE), file.integer("i32"));
        assertEquals(OptionalLong.of(-1), file.integer("u64"));
        assertEquals(OptionalLong.of(Long.MIN_VALUE), file.integer("i64"));
        assertEquals(OptionalDouble.of(0.1f), file.real("f32"));
        assertEquals(Optional.of(true), file.bool("yes"));
        assertEquals(Optional.of(false), file.bool("no"));
        assertEquals(Optional.of("Grüße \u2581 \ud83d\ude00"), file.text("text"));
        assertEquals(List.of("a", "", "ccc"), file.texts("texts", 10));
        assertEquals(List.of("a"), file.texts("texts", 1));
        assertEquals(List.of(1L, -2L, 3L), file.integers("numbers", 10));
        assertEquals(OptionalLong.of(0), file.count("none"));
        assertEquals(Optional.of(ValueType.F32), file.elementType("reals"));
        assertEquals(OptionalLong.empty(), file.integer("text"));
        assertEquals(Optional.empty(), file.text("absent"));
        assertEquals(
                List.of("one", "two", "three", "four"),
                file.tensors().stream().map(GgufTensor::name).toList());
        GgufTensor two = file.tensors().get(1);
        assertEquals(List.of(256L, 2L), two.shape());
        assertEquals(288, two.bytes());
        assertEquals(512, two.elements());
        assertEquals(0, two.offset() % 64);
        assertEquals(file.dataOffset() + 64, two.offset());
        assertEquals(
                12,
                ByteBuffer.wrap(Files.readAllBytes(path)).get((int) two.offset()),
                "the data of the second begins where the first has ended");
    }

    @Test
    void theSameCallsWriteTheSameBytes() throws IOException {
        byte[] one = Files.readAllBytes(Samples.values(folder.resolve("1.gguf")));
        assertEquals(
                ByteBuffer.wrap(one), ByteBuffer.wrap(Files.readAllBytes(Samples.values(folder.resolve("2.gguf")))));
        RandomModel.write(folder.resolve("3.gguf"), Samples.small(), 7);
        RandomModel.write(folder.resolve("4.gguf"), Samples.small(), 7);
        assertEquals(-1, Files.mismatch(folder.resolve("3.gguf"), folder.resolve("4.gguf")));
    }

    @Test
    void aFileReadFromTheDiskIsTheOneReadFromMemory() throws IOException {
        Path path = folder.resolve("m.gguf");
        RandomModel.write(path, RandomModel.Shape.tiny(), 1);
        Gguf disk = Gguf.read(path);
        Gguf memory = Gguf.read(MemorySegment.ofArray(Files.readAllBytes(path)));
        assertEquals(memory.tensors(), disk.tensors());
        assertEquals(memory.keys(), disk.keys());
    }

    private static ByteBuffer head(int version, long tensors, long pairs) {
        return ByteBuffer.allocate(256)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'G', 'G', 'U', 'F'})
                .putInt(version)
                .putLong(tensors)
                .putLong(pairs);
    }

    private static GgufException.Code refused(ByteBuffer file) {
        return refused(MemorySegment.ofBuffer(file.clear()));
    }

    private static GgufException.Code refused(byte[] file) {
        return refused(MemorySegment.ofArray(file));
    }

    private static GgufException.Code refused(MemorySegment file) {
        GgufException e = assertThrows(GgufException.class, () -> Gguf.read(file));
        assertTrue(!e.hint().isEmpty() && !e.code().wire().isEmpty());
        return e.code();
    }

    private static ByteBuffer key(ByteBuffer file, String key, int type) {
        return file.putLong(key.length())
                .put(key.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .putInt(type);
    }

    @Test
    void whatIsNoGgufOrOfAnotherKindIsRefused() {
        assertEquals(GgufException.Code.NOT_GGUF, refused(new byte[0]));
        assertEquals(GgufException.Code.NOT_GGUF, refused(new byte[] {'G', 'G', 'U'}));
        assertEquals(
                GgufException.Code.NOT_GGUF,
                refused("PK\u0003\u0004".repeat(9).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertEquals(GgufException.Code.VERSION, refused(head(1, 0, 0)));
        assertEquals(GgufException.Code.VERSION, refused(head(4, 0, 0)));
        assertEquals(GgufException.Code.BIG_ENDIAN, refused(head(0x03000000, 0, 0)));
        assertEquals(2, Gguf.read(MemorySegment.ofArray(head(2, 0, 0).array())).version());
    }

    @Test
    void countsOnePastTheirBoundsAreRefused() {
        assertEquals(GgufException.Code.TOO_LARGE, refused(head(3, Gguf.TENSORS_MAX + 1L, 0)));
        assertEquals(GgufException.Code.TOO_LARGE, refused(head(3, 0, Gguf.PAIRS_MAX + 1L)));
        assertEquals(GgufException.Code.TOO_LARGE, refused(head(3, -1, 0)));
        assertEquals(GgufException.Code.CUT_SHORT, refused(head(3, 0, Gguf.PAIRS_MAX)));
        assertEquals(GgufException.Code.CUT_SHORT, refused(head(3, Gguf.TENSORS_MAX, 0)));
    }

    @Test
    void namesOutOfTheirBoundsAreRefused() {
        assertEquals(GgufException.Code.NAME, refused(head(3, 0, 1).putLong(0)));
        assertEquals(GgufException.Code.CUT_SHORT, refused(head(3, 0, 1).putLong(300)));
        assertEquals(GgufException.Code.NAME, refused(key(head(3, 0, 1), "a\u0000b", 0)));
        assertEquals(GgufException.Code.NAME, refused(key(head(3, 0, 1), "ü", 0)));
        ByteBuffer twice = key(key(head(3, 0, 2), "a", 0).put((byte) 1), "a", 0);
        assertEquals(GgufException.Code.DUPLICATE, refused(twice));
        assertEquals(GgufException.Code.NAME, refused(tensor(head(3, 1, 0), "t".repeat(64), 0, 1)));
    }

    @Test
    void valuesOutOfTheirBoundsAreRefused() {
        assertEquals(GgufException.Code.TYPE, refused(key(head(3, 0, 1), "a", 13)));
        assertEquals(GgufException.Code.TYPE, refused(key(head(3, 0, 1), "a", 7).put((byte) 2)));
        assertEquals(
                GgufException.Code.TYPE,
                refused(key(head(3, 0, 1), "a", 9).putInt(9).putLong(0)));
        assertEquals(
                GgufException.Code.CUT_SHORT, refused(key(head(3, 0, 1), "a", 8).putLong(1L << 40)));
        assertEquals(
                GgufException.Code.CUT_SHORT,
                refused(key(head(3, 0, 1), "a", 9).putInt(8).putLong(1L << 61)));
        assertEquals(
                GgufException.Code.CUT_SHORT,
                refused(key(head(3, 0, 1), "a", 9).putInt(4).putLong(-1)));
        for (int alignment : new int[] {0, 16, 33, 1 << 21}) {
            assertEquals(
                    GgufException.Code.ALIGNMENT,
                    refused(key(head(3, 0, 1), "general.alignment", 4).putInt(alignment)));
        }
        assertEquals(GgufException.Code.ALIGNMENT, refused(key(head(3, 0, 1), "general.alignment", 10)));
    }

    private static ByteBuffer tensor(ByteBuffer file, String name, int type, long... shape) {
        file.putLong(name.length())
                .put(name.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putInt(shape.length);
        for (long length : shape) {
            file.putLong(length);
        }
        return file.putInt(type).putLong(0);
    }

    @Test
    void tensorsOutOfTheirBoundsAreRefused() {
        assertEquals(
                1,
                Gguf.read(MemorySegment.ofArray(tensor(head(3, 1, 0), "t", 0, 8).array()))
                        .tensors()
                        .size());
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 0, 0)));
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 0, -1)));
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 0, Gguf.DIMENSION_MAX + 1)));
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 0, 1, 1, 1, 1, 1)));
        long most = Gguf.DIMENSION_MAX;
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 0, most, most, most)));
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 0, most, most, 2)));
        assertEquals(GgufException.Code.TENSOR, refused(tensor(head(3, 1, 0), "t", 2, 31)));
        for (int removed : new int[] {4, 5, 31, 36, 43, -1}) {
            assertEquals(GgufException.Code.TYPE, refused(tensor(head(3, 1, 0), "t", removed, 32)));
        }
        assertEquals(GgufException.Code.CUT_SHORT, refused(tensor(head(3, 1, 0), "t", 0, 4096)));
        ByteBuffer twice = tensor(tensor(head(3, 2, 0), "t", 0, 1), "t", 0, 1);
        assertEquals(GgufException.Code.DUPLICATE, refused(twice));
        ByteBuffer overlapping = tensor(tensor(head(3, 2, 0), "t", 0, 1), "u", 0, 1);
        assertEquals(GgufException.Code.TENSOR, refused(overlapping));
    }

    @Test
    void everyCutOfAFileIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Samples.values(folder.resolve("values.gguf")));
        for (int length = 0; length < whole.length - 64; length++) {
            byte[] cut = java.util.Arrays.copyOf(whole, length);
            assertThrows(GgufException.class, () -> Gguf.read(MemorySegment.ofArray(cut)), "cut at " + length);
        }
    }

    @Test
    void theWriterRefusesWhatTheReaderWould() throws IOException {
        try (GgufWriter out = GgufWriter.create(folder.resolve("w.gguf"))) {
            out.u32("a", 1);
            assertThrows(IllegalArgumentException.class, () -> out.u32("a", 2));
            assertThrows(IllegalArgumentException.class, () -> out.u32("", 2));
            assertThrows(IllegalArgumentException.class, () -> out.u32("b", 1L << 32));
            assertThrows(IllegalArgumentException.class, () -> out.integer("c", ValueType.I8, 128));
            assertThrows(IllegalArgumentException.class, () -> out.tensor("t".repeat(64), TensorType.F32, 1));
            assertThrows(IllegalArgumentException.class, () -> out.tensor("t", TensorType.Q4_0, 31));
            assertThrows(IllegalArgumentException.class, () -> out.tensor("t", TensorType.F32));
            out.tensor("t", TensorType.F32, 1);
            out.data(ByteBuffer.allocate(4));
            assertThrows(IllegalStateException.class, () -> out.u32("late", 1));
            assertThrows(IllegalStateException.class, () -> out.data(ByteBuffer.allocate(1)));
        }
        GgufWriter unfinished = GgufWriter.create(folder.resolve("u.gguf")).tensor("t", TensorType.F32, 9);
        assertThrows(IllegalStateException.class, unfinished::close);
        assertThrows(IllegalArgumentException.class, () -> GgufWriter.create(folder.resolve("x.gguf"), 48));
    }
}
