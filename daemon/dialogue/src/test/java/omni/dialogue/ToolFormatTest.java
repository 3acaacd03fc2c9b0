package omni.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How calls are written is found in what a template writes. */
final class ToolFormatTest {
    private static final String FIRST = "{\"name\": \"omni_probe\", \"arguments\": {\"probe\": 1}}";

    @Test
    void isFoundToTheBlank() {
        var format =
                ToolFormat.of("<|im_start|>assistant\n<tool_call>\n" + FIRST + "\n</tool_call>\n<tool_call>\n" + FIRST);
        assertEquals(
                Optional.of(new ToolFormat("\n{\"name\": \"", "\", \"arguments\": ", "}\n</tool_call>", "\n")), format);
        assertEquals("\n{\"name\": \"f\", \"arguments\": ", format.orElseThrow().before("f"));
        assertEquals(
                Optional.of(new ToolFormat("{\"name\":\"", "\",\"arguments\":", "}</tool_call>", "")),
                ToolFormat.of(("<tool_call>" + FIRST + "</tool_call><tool_call>" + FIRST).replace(" ", "")));
    }

    @Test
    void oneCallAloneWillDo() {
        assertEquals(
                Optional.of("\n"),
                ToolFormat.of("<tool_call>" + FIRST + "</tool_call><|im_end|>").map(ToolFormat::separator));
    }

    @Test
    void otherFormatsAreNotTakenForIt() {
        for (var other : new String[] {
            "",
            "<tool_call>\n<function=omni_probe>\n<parameter=probe>\n1\n</parameter>\n</function>\n</tool_call>",
            "[TOOL_CALLS][" + FIRST + "]",
            "<tool_call>\n" + FIRST.replace("\"arguments\"", "\"parameters\"") + "\n</tool_call>",
            "<tool_call>" + FIRST,
            "<tool_call>\n" + FIRST.replace("omni_probe", "other") + "\n</tool_call>"
        }) {
            assertEquals(Optional.empty(), ToolFormat.of(other), other);
        }
    }
}
