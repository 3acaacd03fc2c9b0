package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {
    private static final String TEXT = "Grüße, 世界! 🙂🙂 aaab aab stop";

    @Test
    void charactersComeWholeWhereverTheBytesAreCut() {
        for (int seed = 0; seed < 200; seed++) {
            TextAssembler assembler = new TextAssembler(List.of());
            StringBuilder all = new StringBuilder();
            for (byte[] piece : pieces(TEXT.getBytes(StandardCharsets.UTF_8), new Random(seed))) {
                String shown = assembler.accept(piece);
                assertFalse(shown.contains("\uFFFD"), "half a character was shown");
                all.append(shown);
            }
            assertEquals(TEXT, all + assembler.finish());
        }
    }

    @Test
    void whatIsShownDoesNotDependOnTokenBorders() {
        List<String> stops = List.of("aab", "b aab s", "🙂 a", "top");
        String[] shown = new String[200];
        for (int seed = 0; seed < shown.length; seed++) {
            TextAssembler assembler = new TextAssembler(stops);
            StringBuilder all = new StringBuilder();
            for (byte[] piece : pieces(TEXT.getBytes(StandardCharsets.UTF_8), new Random(seed))) {
                all.append(assembler.accept(piece));
            }
            shown[seed] = all + assembler.finish();
            assertTrue(assembler.stopped());
        }
        assertEquals("Grüße, 世界! 🙂", shown[0]);
        assertEquals(1, Arrays.stream(shown).distinct().count());
    }

    @Test
    void theStopThatIsCompleteFirstWinsAndTheLongerOfTwo() {
        assertEquals("x", cut("xabc", "abcd", "ab"));
        assertEquals("x", cut("xabc", "bc", "abc"));
        assertEquals("xa", cut("xabc", "b", "abc"));
    }

    @Test
    void whatMayBecomeAStopWaitsAndComesWhenItDoesNot() {
        TextAssembler assembler = new TextAssembler(List.of("END"));
        assertEquals("a ", assembler.accept(bytes("a E")));
        assertEquals("", assembler.accept(bytes("N")));
        assertEquals("ENx", assembler.accept(bytes("x")));
        assertEquals("", assembler.accept(bytes("EN")));
        assertEquals("EN", assembler.finish());
        assertFalse(assembler.stopped());
    }

    @Test
    void nothingIsShownAfterAStop() {
        TextAssembler assembler = new TextAssembler(List.of("."));
        assertEquals("12", assembler.accept(bytes("12. And")));
        assertEquals("", assembler.accept(bytes(" more")));
        assertEquals("", assembler.finish());
    }

    @Test
    void aStopThatRepeatsItsOwnBeginningIsFound() {
        assertEquals("a", cut("aaab", "aab"));
        assertEquals("abab", cut("abababac", "abac"));
    }

    @Test
    void bytesThatAreNoTextBecomeReplacementCharacters() {
        TextAssembler assembler = new TextAssembler(List.of());
        assertEquals("a\uFFFDb", assembler.accept(new byte[] {'a', (byte) 0xFF, 'b'}));
        assertEquals("", assembler.accept(new byte[] {(byte) 0xE4, (byte) 0xB8}));
        assertEquals("\uFFFD", assembler.finish());
    }

    @Test
    void aLongPieceIsTaken() {
        String text = "世".repeat(1000);
        TextAssembler assembler = new TextAssembler(List.of());
        assertEquals(text, assembler.accept(bytes(text)) + assembler.finish());
    }

    private static String cut(String text, String... stops) {
        TextAssembler whole = new TextAssembler(List.of(stops));
        String once = whole.accept(bytes(text)) + whole.finish();
        TextAssembler single = new TextAssembler(List.of(stops));
        StringBuilder all = new StringBuilder();
        for (byte b : bytes(text)) {
            all.append(single.accept(new byte[] {b}));
        }
        assertEquals(once, all + single.finish());
        return once;
    }

    private static List<byte[]> pieces(byte[] bytes, Random random) {
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + random.nextInt(5));
            pieces.add(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        return pieces;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
