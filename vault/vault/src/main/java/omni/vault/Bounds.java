package omni.vault;

import java.util.Map;
import omni.vault.VaultException.Reason;

/** How large what comes in may be, and the sentence where it is larger. Lengths of texts are in characters of Unicode. */
final class Bounds {
    static final int LIST_MAX = 100;
    static final int METADATA_PAIRS_MAX = 16;
    static final int METADATA_KEY_MAX = 64;
    static final int METADATA_VALUE_MAX = 512;

    private Bounds() {}

    static void limit(int limit) throws VaultException {
        if (limit < 1 || limit > LIST_MAX) {
            throw invalid("A list has from 1 to " + LIST_MAX + " entries.");
        }
    }

    static void metadata(Map<String, String> metadata) throws VaultException {
        if (metadata.size() > METADATA_PAIRS_MAX) {
            throw invalid("Metadata has at most " + METADATA_PAIRS_MAX + " pairs.");
        }
        for (Map.Entry<String, String> pair : metadata.entrySet()) {
            text("A key of metadata", pair.getKey(), METADATA_KEY_MAX);
            text("A value of metadata", pair.getValue(), METADATA_VALUE_MAX);
        }
    }

    /** A name: not empty, and of one line. */
    static void name(String what, String name, int charactersMax) throws VaultException {
        text(what, name, charactersMax);
        if (name.isEmpty() || name.codePoints().anyMatch(Character::isISOControl)) {
            throw invalid(what + " is not empty, and has no control characters.");
        }
    }

    /** A text that can be written as UTF-8 and read back. */
    static void text(String what, String text, int charactersMax) throws VaultException {
        if (text.length() > 2L * charactersMax || text.codePointCount(0, text.length()) > charactersMax) {
            throw invalid(what + " has at most " + charactersMax + " characters.");
        }
        wellFormed(what, text);
    }

    /** A text of at most so many bytes of UTF-8. */
    static void textBytes(String what, String text, int bytesMax) throws VaultException {
        wellFormed(what, text);
        if (text.length() > bytesMax || text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > bytesMax) {
            throw invalid(what + " has at most " + bytesMax + " bytes.");
        }
    }

    private static void wellFormed(String what, String text) throws VaultException {
        if (text.indexOf('\0') >= 0 || !paired(text)) {
            throw invalid(what + " is text: no zero character, no half of a surrogate pair.");
        }
    }

    /** Whether no half of a surrogate pair stands alone, which UTF-8 has no bytes for. */
    static boolean paired(String text) {
        return text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    static VaultException invalid(String sentence) {
        return new VaultException(Reason.INVALID, sentence);
    }
}
