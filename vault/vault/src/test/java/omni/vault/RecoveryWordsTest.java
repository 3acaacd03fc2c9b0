package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The recovery key as words. */
final class RecoveryWordsTest {
    private static String words(byte[] key) {
        return new String(RecoveryWords.encode(key), StandardCharsets.US_ASCII);
    }

    private static byte[] key(String words) throws VaultException {
        return RecoveryWords.decode(ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8)));
    }

    private static String refusal(String words) {
        VaultException refused = assertThrows(VaultException.class, () -> key(words));
        assertEquals(VaultException.Reason.INVALID, refused.reason());
        return refused.getMessage();
    }

    private static byte[] some() {
        byte[] key = new byte[RecoveryWords.KEY_BYTES];
        new Random(7).nextBytes(key);
        return key;
    }

    /** Addresses and their words from the proposal. */
    @Test
    void theWordsAreThoseOfTheProposal() {
        String addresses = "7f0000013f54dcc13f7607238c62c18d40ff06c8801e342d93437702d43afd44";
        String expected =
                "lusab-babad gutih-tugad gutuk-bisog mudof-sakat haguz-biram mabiv-gibot natag-lisaf tibup-zujah";
        String words = words(HexFormat.of().parseHex(addresses));
        assertEquals(expected.replace('-', ' '), words.substring(0, words.lastIndexOf(' ')));
    }

    @Test
    void everyKeyComesBack() throws VaultException {
        Random random = new Random(3);
        for (int i = 0; i < 1000; i++) {
            byte[] key = new byte[RecoveryWords.KEY_BYTES];
            random.nextBytes(key);
            String words = words(key);
            assertEquals(RecoveryWords.TEXT_BYTES, words.length());
            assertArrayEquals(key, key(words));
        }
    }

    @Test
    void itIsReadAsPeopleWriteIt() throws VaultException {
        String words = words(some());
        assertArrayEquals(some(), key(words.toUpperCase(Locale.ROOT)));
        assertArrayEquals(some(), key("  " + words.replace(" ", "-\r\n\t") + ".\n"));
        assertArrayEquals(some(), key(words.replace(" ", ", ")));
    }

    /** Only what is between position and limit counts, and neither is moved. */
    @Test
    void theBufferIsLeftAsItWas() throws VaultException {
        byte[] padded = ("xx" + words(some()) + "xx").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(padded.length).put(padded).position(2).limit(padded.length - 2);
        assertArrayEquals(some(), RecoveryWords.decode(buffer));
        assertEquals(2, buffer.position());
    }

    /** Each word in turn; the error has its number, and nothing of it. */
    @Test
    void aWordThatIsNoneIsNamedByItsNumber() {
        for (int i = 0; i < 17; i++) {
            for (String wrong : List.of("gutax", "gut", "gutibb", "güti", "xutib", "gbtib", "aaaaa", "-guti")) {
                List<String> words = new ArrayList<>(List.of(words(some()).split(" ", -1)));
                words.set(i, wrong);
                String message = refusal(String.join(" ", words));
                assertTrue(message.startsWith("Word " + (i + 1) + " "), message);
                assertFalse(message.contains(wrong), message);
            }
        }
    }

    @Test
    void missingAndExtraWordsAreCounted() {
        String words = words(some());
        assertTrue(refusal(words.substring(6)).startsWith("These are 16 words"));
        assertTrue(refusal(words + " lusab").startsWith("These are 18 words"));
        assertTrue(refusal("").startsWith("These are 0 words"));
        assertTrue(refusal(" -- ").startsWith("These are 0 words"));
    }

    @Test
    void theChecksumFindsAMisreadLetterAndAnExchange() {
        List<String> words = new ArrayList<>(List.of(words(some()).split(" ", -1)));
        List<String> exchanged = new ArrayList<>(words);
        Collections.swap(exchanged, 3, 4);
        assertTrue(refusal(String.join(" ", exchanged)).contains("do not belong together"));
        int found = 0;
        for (int i = 0; i < words.size(); i++) {
            List<String> misread = new ArrayList<>(words);
            String word = words.get(i);
            misread.set(i, (word.charAt(0) == 'b' ? 'd' : 'b') + word.substring(1));
            assertTrue(refusal(String.join(" ", misread)).contains("do not belong together"));
            found++;
        }
        assertEquals(17, found);
    }

    @Test
    void theBoundsHold() throws VaultException {
        String words = words(some());
        String longest = words + " ".repeat(RecoveryWords.INPUT_BYTES_MAX - words.length());
        assertArrayEquals(some(), key(longest));
        assertTrue(refusal(longest + " ").contains("too long"));
        assertThrows(IllegalArgumentException.class, () -> RecoveryWords.encode(new byte[31]));
        assertThrows(IllegalArgumentException.class, () -> RecoveryWords.encode(Arrays.copyOf(some(), 33)));
    }
}
