package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** Which lines go behind the others, and that nothing else moves. */
final class VolatileLinesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "The time is 12:30.",
                "Current time is 12:30:59",
                "It is 9:05 pm now",
                "Today's date is 2026-11-30.",
                "Heute ist der 30.11.2026.",
                "Date: 11/30/26",
                "Today is Monday, November 30, 2026.",
                "Today is 30 November 2026",
                "Today is the 1st Dec 2026"
            })
    void aClockGoesBehindWhatStays(String line) {
        assertEquals("Be kind.\nLamps: two.\n" + line, VolatileLines.last(line + "\nBe kind.\nLamps: two."));
        assertEquals(
                "Be kind.\nLamps: two.\n" + line + "\n", VolatileLines.last("Be kind.\n" + line + "\nLamps: two.\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Version 1.2.3 of the lamp",
                "Ratio 16:9:4:3 or 1234:56",
                "The light at 192.168.1.20:8123",
                "Bridge at 10.0.0.12",
                "Firmware 1.2.34 and 12.11.2.6",
                "Flat 31/12",
                "In 2026 all is well",
                "May 5 people come in",
                "Ports 8080:8080"
            })
    void whatOnlyLooksLikeOneStays(String line) {
        assertEquals(line + "\nBe kind.", VolatileLines.last(line + "\nBe kind."));
    }

    @Test
    void theOrderAmongThemStays() {
        assertEquals("a\n\nb\n10:00\n11:00", VolatileLines.last("10:00\na\n\n11:00\nb"));
        assertEquals("10:00\n11:00", VolatileLines.last("10:00\n11:00"));
        assertEquals("", VolatileLines.last(""));
        var text = "x".repeat(496);
        assertEquals("a\n10:0" + 0 + text.substring(1), VolatileLines.last("10:0" + 0 + text.substring(1) + "\na"));
        assertEquals("10:00" + text + "\na", VolatileLines.last("10:00" + text + "\na"), "too long for a clock");
    }

    @Test
    void onlyTheFirstInstructionsAreTouched() {
        var given = (ArrayNode) JsonMapper.shared().readTree("""
                [{"role":"system","content":"10:00\\na"},{"role":"developer","content":"10:01\\nb"},
                 {"role":"user","content":"10:02\\nc"},{"role":"system","content":"10:03\\nd"}]""");
        var before = given.deepCopy();
        assertEquals(JsonMapper.shared().readTree("""
                [{"role":"system","content":"a\\n10:00"},{"role":"developer","content":"b\\n10:01"},
                 {"role":"user","content":"10:02\\nc"},{"role":"system","content":"10:03\\nd"}]"""), VolatileLines.last(given));
        assertEquals(before, given);
    }
}
