package omni.api;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What stands behind the question mark of a request's address: names that the route knows, each once, in strict UTF-8. Its
 * length is bounded by that of the request line.
 */
record Query(Map<String, String> values) {
    /** Entries of a list at most. */
    static final int LIMIT_MAX = 100;

    static final int ID_CHARACTERS_MAX = 128;
    static final int SEARCH_CHARACTERS_MAX = 1000;

    private static final int LIMIT = 20;
    private static final int ESCAPE_CHARACTERS = 3;

    /** A name that may come several times and changes nothing: what OpenAI leaves out of items without it, Omni never does. */
    private static final List<String> INCLUDE = List.of("include", "include[]");

    /**
     * Reads it as it stands in the address.
     *
     * @throws ApiError UNSUPPORTED_PARAMETER for a name that the route does not know, INVALID_VALUE where it is malformed
     */
    static Query read(String raw, List<String> known) {
        var values = new HashMap<String, String>();
        for (var pair : raw.split("&", -1)) {
            var halves = pair.split("=", 2);
            var name = decoded(halves[0]);
            if (pair.isEmpty() || (INCLUDE.contains(name) && known.contains(INCLUDE.getFirst()))) {
                continue;
            }
            if (!known.contains(name)) {
                throw ApiError.of(
                        ErrorCode.UNSUPPORTED_PARAMETER,
                        "This address has a parameter that the route does not take. It takes: "
                                + (known.isEmpty() ? "none" : String.join(", ", known)) + ".");
            }
            if (values.put(name, halves.length == 2 ? value(name, halves[1]) : "") != null) {
                throw ApiError.at(name, ErrorCode.INVALID_VALUE, name + " is given twice. Give it once.");
            }
        }
        return new Query(Map.copyOf(values));
    }

    /** A text of up to so many characters, where it is there. */
    private Optional<String> text(String name, int charactersMax) {
        var text = Optional.ofNullable(values.get(name));
        if (text.isPresent()
                && (text.get().isEmpty()
                        || text.get().codePointCount(0, text.get().length()) > charactersMax)) {
            throw ApiError.at(
                    name, ErrorCode.INVALID_VALUE, name + " must have from 1 to " + charactersMax + " characters.");
        }
        return text;
    }

    /** What is searched for; the hits are one list, and not gone through in parts. */
    Optional<String> search() {
        var search = text("q", SEARCH_CHARACTERS_MAX);
        if (search.isPresent() && values.containsKey("after")) {
            throw ApiError.at("after", ErrorCode.INVALID_VALUE, "after does not go with q. Leave one of them out.");
        }
        return search;
    }

    /** The entry behind which the list goes on. */
    Optional<String> after() {
        return text("after", ID_CHARACTERS_MAX);
    }

    /** The entry that a parameter of that name names. */
    Optional<String> id(String name) {
        return text(name, ID_CHARACTERS_MAX);
    }

    /** How many entries are asked for. */
    int limit() {
        return limit(LIMIT_MAX);
    }

    /** How many entries are asked for, of a list that shows at most so many at once. */
    int limit(int limitMax) {
        var text = values.getOrDefault("limit", Integer.toString(LIMIT));
        if (!text.matches("[1-9]\\d{0,3}") || Integer.parseInt(text) > limitMax) {
            throw ApiError.at(
                    "limit", ErrorCode.INVALID_VALUE, "limit must be a number between 1 and " + limitMax + ".");
        }
        return Integer.parseInt(text);
    }

    /** Whether the oldest is to come first: {@code order}, which is {@code desc} where it is absent. */
    boolean oldestFirst() {
        return switch (values.getOrDefault("order", "desc")) {
            case "asc" -> true;
            case "desc" -> false;
            default -> throw ApiError.at("order", ErrorCode.INVALID_VALUE, "order must be asc or desc.");
        };
    }

    private static String value(String name, String text) {
        try {
            return decoded(text);
        } catch (ApiError e) {
            throw e.about(name);
        }
    }

    /** As forms are encoded: a plus for a blank, and escapes of UTF-8. */
    private static String decoded(String text) {
        var bytes = new byte[text.length()];
        var count = 0;
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == '%') {
                bytes[count++] = escaped(text, i);
                i += ESCAPE_CHARACTERS - 1;
            } else if (c < 0x80) {
                bytes[count++] = (byte) (c == '+' ? ' ' : c);
            } else {
                throw malformed();
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Arrays.copyOf(bytes, count)))
                    .toString();
        } catch (CharacterCodingException _) {
            throw malformed();
        }
    }

    private static byte escaped(String text, int at) {
        if (at + ESCAPE_CHARACTERS > text.length()
                || !HexFormat.isHexDigit(text.charAt(at + 1))
                || !HexFormat.isHexDigit(text.charAt(at + 2))) {
            throw malformed();
        }
        return (byte) HexFormat.fromHexDigits(text, at + 1, at + ESCAPE_CHARACTERS);
    }

    private static ApiError malformed() {
        return ApiError.of(
                ErrorCode.INVALID_VALUE, "What follows the question mark of the address is not escaped UTF-8.");
    }
}
