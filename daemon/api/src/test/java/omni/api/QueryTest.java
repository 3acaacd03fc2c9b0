package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What follows the path of an address: read strictly, each bound at its edge and one past it. */
final class QueryTest {
    private static final List<String> KNOWN = List.of("limit", "after", "q", "order", "include");

    @Test
    void isDecodedAsFormsAre() {
        assertEquals(Optional.of("ä b&c=d"), read("q=%C3%A4+b%26c=d").search());
        assertEquals(Optional.of("msg_1"), read("&limit=3&&after=msg_1&").after());
    }

    @Test
    void hasDefaults() {
        var none = read("");

        assertEquals(20, none.limit());
        assertEquals(Optional.empty(), none.after());
        assertEquals(Optional.empty(), none.search());
        assertEquals(false, none.oldestFirst());
        assertTrue(read("order=asc").oldestFirst());
    }

    @Test
    void listsHaveUpToAHundredEntries() {
        assertEquals(1, read("limit=1").limit());
        assertEquals(100, read("limit=100").limit());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "101", "-1", "1.0", "", "x", "%2B1", "99999999999999999999", "%D9%A1"})
    void otherLimitsAreRefused(String limit) {
        assertRefused(
                "limit", ErrorCode.INVALID_VALUE, () -> read("limit=" + limit).limit());
    }

    @Test
    void textsAreBoundedInCharacters() {
        var umlaut = "%C3%A4";
        assertTrue(read("q=" + umlaut.repeat(1000)).search().isPresent());
        assertRefused(
                "q",
                ErrorCode.INVALID_VALUE,
                () -> read("q=" + umlaut.repeat(1001)).search());
        assertRefused("q", ErrorCode.INVALID_VALUE, () -> read("q=").search());
        assertTrue(read("after=" + "a".repeat(128)).after().isPresent());
        assertRefused(
                "after",
                ErrorCode.INVALID_VALUE,
                () -> read("after=" + "a".repeat(129)).after());
        assertRefused(
                "after", ErrorCode.INVALID_VALUE, () -> read("q=a&after=b").search());
    }

    @ParameterizedTest
    @CsvSource({"order=up,order", "q=a&q=a,q", "limit=1&limit=1,limit"})
    void otherWordsAndRepeatedNamesAreRefused(String raw, String param) {
        assertRefused(param, ErrorCode.INVALID_VALUE, () -> read(raw).oldestFirst());
    }

    @ParameterizedTest
    @ValueSource(strings = {"q=%", "q=%4", "q=%zz", "q=%+1", "q=%FF", "q=%C3", "q=%ED%A0%80", "q=ä"})
    void malformedEscapesAreRefused(String raw) {
        assertRefused("q", ErrorCode.INVALID_VALUE, () -> read(raw));
        assertRefused("", ErrorCode.INVALID_VALUE, () -> read(raw.replaceFirst("q=", "") + "=1"));
    }

    @Test
    void unknownNamesAreRefusedAndNotRepeated() {
        var error = assertThrows(ApiError.class, () -> Query.read("secret=1", List.of("limit")));

        assertEquals(ErrorCode.UNSUPPORTED_PARAMETER, error.code());
        assertTrue(error.text().contains("limit") && !error.text().contains("secret"), error.text());
        assertRefused("", ErrorCode.UNSUPPORTED_PARAMETER, () -> Query.read("include=x", List.of("limit")));
    }

    @Test
    void whatElseOpenAiWouldIncludeIsThereAnyway() {
        assertEquals(2, read("include[]=a&include%5B%5D=b&include=c&limit=2").limit());
    }

    private static Query read(String raw) {
        return Query.read(raw, KNOWN);
    }

    private static void assertRefused(String param, ErrorCode code, org.junit.jupiter.api.function.Executable reading) {
        var error = assertThrows(ApiError.class, reading);
        assertEquals(code, error.code());
        assertEquals(param, error.param().orElse(""));
    }
}
