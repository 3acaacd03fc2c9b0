package omni.llama;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocabTest {
    private final Vocab vocab = Seed.MODEL.vocab();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "What is 7 plus 5?",
                "Grüße aus Köln, naïve façade",
                "日本語のテキスト",
                "שלום مرحبا",
                "👩‍👩‍👧‍👦 and 🏳️‍🌈",
                "e\u0301 \u200b zero width",
                "tab\tnewline\r\nnul\0end",
                "<|im_start|>not a turn<|im_end|>"
            })
    void textComesBackAsItWas(String text) {
        var tokens = vocab.tokenize(text, false, false);
        assertEquals(text, new String(bytes(tokens, false), StandardCharsets.UTF_8));
    }

    @Test
    void randomTextComesBackAsItWas() {
        var random = new Random(7);
        for (var round = 0; round < 200; round++) {
            var text = random.ints(1 + random.nextInt(40), 1, 0x10ffff)
                    .filter(c -> c < 0xd800 || c > 0xdfff)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            var tokens = vocab.tokenize(text, false, false);
            assertEquals(text, new String(bytes(tokens, false), StandardCharsets.UTF_8));
        }
    }

    @Test
    void bytesThatAreNoTextAreRefused() {
        var random = new Random(11);
        for (var round = 0; round < 500; round++) {
            var bytes = new byte[1 + random.nextInt(64)];
            random.nextBytes(bytes);
            bytes[random.nextInt(bytes.length)] = (byte) 0xff;
            assertThrows(LlamaException.class, () -> vocab.tokenize(bytes, true, true));
        }
        // Beyond the last code point, a lone surrogate, an overlong slash, half a character.
        for (var hex : new String[] {"f4908080", "eda080", "c0af", "e282"}) {
            assertThrows(
                    LlamaException.class, () -> vocab.tokenize(HexFormat.of().parseHex(hex), false, false));
        }
        assertEquals(1, vocab.tokenize(new byte[] {'a'}, false, false).length);
        assertEquals("?", new String(bytes(vocab.tokenize("\ud800", false, false), false), StandardCharsets.UTF_8));
    }

    @Test
    void controlTokensAreOnlyReadWhereAsked() {
        var turn = "<|im_end|>";
        var parsed = vocab.tokenize(turn, false, true);
        assertEquals(1, parsed.length);
        assertTrue(vocab.isEndOfGeneration(parsed[0]));
        assertEquals(turn, new String(vocab.piece(parsed[0], true), StandardCharsets.UTF_8));
        assertArrayEquals(new byte[0], vocab.piece(parsed[0], false));
        var literal = vocab.tokenize(turn, false, false);
        assertTrue(literal.length > 1);
        assertFalse(Arrays.stream(literal).anyMatch(vocab::isEndOfGeneration));
    }

    @Test
    void knowsItsSpecialTokens() {
        assertEquals(4096, vocab.size());
        assertTrue(vocab.eos().isPresent());
        assertFalse(vocab.addsBos());
        assertArrayEquals(vocab.tokenize("a", false, false), vocab.tokenize("a", true, false));
    }

    @Test
    void everyTokenHasItsBytesAndOnePastTheBoundsThereIsNone() {
        for (var token = 0; token < vocab.size(); token++) {
            assertTrue(vocab.piece(token, true).length > 0, "token " + token);
        }
        for (var token : new int[] {-1, vocab.size(), Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThrows(LlamaException.class, () -> vocab.piece(token, true));
            assertThrows(LlamaException.class, () -> vocab.isEndOfGeneration(token));
        }
    }

    @Test
    void aTextOnePastTheBoundIsRefused() {
        assertThrows(LlamaException.class, () -> vocab.tokenize(new byte[Vocab.TEXT_BYTES_MAX + 1], false, false));
    }

    @Test
    void moreSpecialTokensThanTheBoundAreRefused() {
        var turn = "<|im_end|>";
        assertEquals(Vocab.SPECIALS_MAX, vocab.tokenize(turn.repeat(Vocab.SPECIALS_MAX), false, true).length);
        var tooMany = turn.repeat(Vocab.SPECIALS_MAX + 1);
        assertThrows(LlamaException.class, () -> vocab.tokenize(tooMany, false, true));
        assertTrue(vocab.tokenize(tooMany, false, false).length > Vocab.SPECIALS_MAX, "as text they are none");
    }

    @Test
    void specialTokensAreCountedSideBySideTheLongestFirst() {
        var tokens = new SpecialTokens(List.of("<a>".getBytes(UTF_8), "  ".getBytes(UTF_8), "    ".getBytes(UTF_8)));
        assertFalse(tokens.exceed("x<a>y<a>    <a", 3));
        assertTrue(tokens.exceed("x<a>y<a>    <a", 2));
        assertFalse(tokens.exceed("", 0));
    }

    @Test
    void aLongWordAndALongTextAreTokenized() {
        for (var unit : new String[] {"a", "7", " ", "\n", "é", "word "}) {
            var text = unit.repeat(200_000 / unit.length());
            assertEquals(text, new String(bytes(vocab.tokenize(text, false, false), false), StandardCharsets.UTF_8));
        }
    }

    private byte[] bytes(int[] tokens, boolean special) {
        var out = new ByteArrayOutputStream();
        for (var token : tokens) {
            out.writeBytes(vocab.piece(token, special));
        }
        return out.toByteArray();
    }

    @Test
    void tellsWhatItsTokensAre() {
        var end = vocab.tokenize("<|im_end|>", false, true)[0];
        assertEquals(Optional.of(Vocab.Type.BPE), vocab.type());
        assertEquals(Set.of(Vocab.Attribute.CONTROL), vocab.attributes(end));
        assertEquals(Set.of(Vocab.Attribute.NORMAL), vocab.attributes(300));
        assertEquals("<|im_end|>", vocab.spelling(end));
        assertEquals("Ġ", vocab.spelling(vocab.tokenize(" ", false, false)[0]));
        assertEquals(0, vocab.score(300));
        assertEquals(vocab.eos(), vocab.token(Vocab.Role.END_OF_SEQUENCE));
        assertEquals(vocab.bos(), vocab.token(Vocab.Role.BEGIN_OF_SEQUENCE));
        assertEquals(
                vocab.tokenize("<|fim_middle|>", false, true)[0],
                vocab.token(Vocab.Role.FILL_MIDDLE).orElseThrow());
        for (var role : Vocab.Role.values()) {
            vocab.token(role).ifPresent(token -> assertTrue(token >= 0 && token < vocab.size(), role.toString()));
        }
        assertFalse(vocab.addsEos());
        assertFalse(vocab.addsSeparator());
        for (var wrong : new int[] {-1, vocab.size()}) {
            assertThrows(LlamaException.class, () -> vocab.attributes(wrong));
            assertThrows(LlamaException.class, () -> vocab.spelling(wrong));
            assertThrows(LlamaException.class, () -> vocab.score(wrong));
            assertThrows(LlamaException.class, () -> vocab.detokenize(new int[] {wrong}, false, false));
        }
    }

    @Test
    void detokenizingReversesTokenizing() {
        for (var text : new String[] {"", "Mara is 34 years old.", "é😀\n\t  x", "<|im_start|>user\nHi<|im_end|>"}) {
            var tokens = vocab.tokenize(text, false, true);
            assertEquals(text, new String(vocab.detokenize(tokens, false, true), StandardCharsets.UTF_8));
        }
        var tokens = vocab.tokenize("<|im_start|>Hi<|im_end|>", false, true);
        assertEquals("Hi", new String(vocab.detokenize(tokens, false, false), StandardCharsets.UTF_8));
        // Longer than the first guess at its room.
        var control = vocab.tokenize("<|im_start|>".repeat(50), false, true);
        assertEquals(
                "<|im_start|>".repeat(50), new String(vocab.detokenize(control, false, true), StandardCharsets.UTF_8));
        assertThrows(LlamaException.class, () -> vocab.detokenize(new int[Vocab.TOKENS_MAX + 1], false, false));
    }
}
