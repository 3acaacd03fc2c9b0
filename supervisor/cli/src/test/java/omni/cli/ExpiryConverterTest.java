package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** How people say when something ends. */
class ExpiryConverterTest {
    private final ExpiryConverter converter = new ExpiryConverter(() -> Instant.parse("2026-11-30T10:00:00.9Z"));

    @ParameterizedTest
    @CsvSource({
        "90d, 2027-02-28T10:00:00Z",
        "12h, 2026-11-30T22:00:00Z",
        "30m, 2026-11-30T10:30:00Z",
        "2027-01-31, 2027-01-31T00:00:00Z",
        "2027-01-31T12:00:00Z, 2027-01-31T12:00:00Z",
        "2027-01-31T12:00:00+02:00, 2027-01-31T10:00:00Z",
        "99999d, 2300-09-14T10:00:00Z"
    })
    void aTimeIsReadInEachForm(String said, String meant) {
        assertEquals(Instant.parse(meant), converter.convert(said));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "90", "90s", "-1d", "100000d", "1y", "2027-02-30", "2027-01-31T12:00", "tomorrow"})
    void anythingElseIsNoTime(String said) {
        assertThrows(TypeConversionException.class, () -> converter.convert(said));
    }
}
