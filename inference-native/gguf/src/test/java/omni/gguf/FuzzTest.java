package omni.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FuzzTest {
    private static final int FILES = 50_000;

    @TempDir
    Path folder;

    @Test
    void damagedFilesAreRefusedOrReadAndAllocateLittle() throws Exception {
        PrintStream progress = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        Fuzz.Outcome outcome = new Fuzz(Samples.all(folder)).run(FILES, 20_261_121, 2, progress);
        assertEquals(FILES, outcome.files);
        assertTrue(outcome.accepted > FILES / 100, "some damage is harmless: " + outcome.accepted);
        assertTrue(outcome.read > outcome.accepted, "some is only seen by the checks of the model");
        assertTrue(outcome.refused.size() >= 10, "every kind of refusal is met: " + outcome.refused);
    }

    /** The measure sees an allocation that depends on a number in the file. */
    @Test
    void theMeasureSeesWhatAHeaderCosts() {
        long before = Fuzz.Allocation.bytes();
        byte[] planted = new byte[1 << 20];
        assertTrue(Fuzz.Allocation.bytes() - before >= planted.length);
    }

    @Test
    void theSamplesAreWhole() throws Exception {
        for (byte[] sample : Samples.all(folder)) {
            assertTrue(Gguf.read(MemorySegment.ofArray(sample)).dataOffset() > 0);
            assertThrows(
                    GgufException.class,
                    () -> Gguf.read(MemorySegment.ofArray(sample).asSlice(0, 20)));
        }
        assertEquals(
                "llama",
                GgufModel.of(List.of(Gguf.read(MemorySegment.ofArray(
                                Samples.all(java.nio.file.Files.createDirectory(folder.resolve("again")))
                                        .getFirst()))))
                        .architecture());
    }
}
