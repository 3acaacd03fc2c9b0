package omni.vault;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The recovery key as a person writes it down: 256 random bits and a checksum of 16 as 17 pronounceable words of 16 bits each,
 * such as {@code lusab-babad} (Wilkerson, "A Proposal for Proquints", 2009).
 *
 * <pre>
 *   word       = con vo con vo con      4 + 2 + 4 + 2 + 4 bits, the highest first
 *   con        = b d f g h j k l m n p r s t v z
 *   vo         = a i o u
 *   checksum   = the first 16 bits of SHA-256 over "omni-recovery/1" and the 32 bytes
 * </pre>
 *
 * <p>Read with capitals and with any blanks, dashes, commas, dots and line breaks between words. Nothing here is a String, and no
 * error quotes a word: it would be a piece of the secret.
 */
final class RecoveryWords {
    /** Of the key. */
    static final int KEY_BYTES = 32;

    /** The words, with one blank between two. */
    static final int TEXT_BYTES = 17 * 5 + 16;

    /** Of what a person typed. */
    static final int INPUT_BYTES_MAX = 1024;

    private static final int CHECK_BYTES = 2;
    private static final int WORDS = (KEY_BYTES + CHECK_BYTES) / 2;
    private static final int LETTERS = 5;
    private static final byte[] CONSONANTS = ascii("bdfghjklmnprstvz");
    private static final byte[] VOWELS = ascii("aiou");
    private static final byte[] DOMAIN = ascii("omni-recovery/1");

    private RecoveryWords() {}

    /** The words of that key, {@value #TEXT_BYTES} bytes of ASCII. */
    static byte[] encode(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("A recovery key has " + KEY_BYTES + " bytes");
        }
        ByteBuffer bits = ByteBuffer.wrap(Arrays.copyOf(key, KEY_BYTES + CHECK_BYTES));
        bits.put(KEY_BYTES, checksum(key));
        ByteBuffer text = ByteBuffer.allocate(TEXT_BYTES);
        while (bits.hasRemaining()) {
            if (text.position() > 0) {
                text.put((byte) ' ');
            }
            putWord(text, Short.toUnsignedInt(bits.getShort()));
        }
        return text.array();
    }

    private static void putWord(ByteBuffer text, int bits) {
        text.put(CONSONANTS[bits >> 12])
                .put(VOWELS[bits >> 10 & 3])
                .put(CONSONANTS[bits >> 6 & 15])
                .put(VOWELS[bits >> 4 & 3])
                .put(CONSONANTS[bits & 15]);
    }

    /**
     * The key that those words say.
     *
     * @param text what was typed, from its position to its limit
     * @throws VaultException INVALID, naming the word by its number, where it is none, where words are missing or too many, and
     *     where the checksum does not fit
     */
    static byte[] decode(ByteBuffer text) throws VaultException {
        if (text.remaining() > INPUT_BYTES_MAX) {
            throw invalid("This is too long for a recovery key: it has " + WORDS + " words of five letters.");
        }
        ByteBuffer bits = ByteBuffer.allocate(KEY_BYTES + CHECK_BYTES);
        int words = 0;
        byte[] word = new byte[LETTERS];
        int letters = 0;
        for (int i = text.position(); i <= text.limit(); i++) {
            byte b = i < text.limit() ? text.get(i) : (byte) ' ';
            if (!isBetween(b)) {
                if (letters == LETTERS) {
                    throw noWord(words + 1);
                }
                word[letters++] = lower(b);
            } else if (letters > 0) {
                words++;
                int value = letters == LETTERS ? value(word) : -1;
                if (value < 0) {
                    throw noWord(words);
                }
                if (bits.hasRemaining()) {
                    bits.putShort((short) value);
                }
                letters = 0;
            }
        }
        return checked(bits.array(), words);
    }

    private static byte[] checked(byte[] bits, int words) throws VaultException {
        if (words != WORDS) {
            throw invalid("These are " + words + " words; a recovery key has " + WORDS + ".");
        }
        byte[] key = Arrays.copyOf(bits, KEY_BYTES);
        if (!MessageDigest.isEqual(checksum(key), Arrays.copyOfRange(bits, KEY_BYTES, bits.length))) {
            throw invalid("All " + WORDS + " words are well formed, and do not belong together:"
                    + " look for one that was misread or stands in another's place.");
        }
        return key;
    }

    private static byte[] checksum(byte[] key) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(DOMAIN);
            return Arrays.copyOf(sha256.digest(key), CHECK_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** The 16 bits of five letters; -1 where they are no word. */
    private static int value(byte[] word) {
        int value = 0;
        for (int i = 0; i < LETTERS; i++) {
            boolean consonant = i % 2 == 0;
            int index = indexOf(consonant ? CONSONANTS : VOWELS, word[i]);
            if (index < 0) {
                return -1;
            }
            value = value << (consonant ? 4 : 2) | index;
        }
        return value;
    }

    private static int indexOf(byte[] letters, byte letter) {
        for (int i = 0; i < letters.length; i++) {
            if (letters[i] == letter) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isBetween(byte b) {
        return b == ' ' || b == '-' || b == '\n' || b == '\r' || b == '\t' || b == ',' || b == '.';
    }

    private static byte lower(byte b) {
        return b >= 'A' && b <= 'Z' ? (byte) (b + ('a' - 'A')) : b;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static VaultException noWord(int number) {
        return invalid("Word " + number + " of the recovery key is none: each has five letters, as in lusab.");
    }

    private static VaultException invalid(String message) {
        return new VaultException(VaultException.Reason.INVALID, message);
    }
}
