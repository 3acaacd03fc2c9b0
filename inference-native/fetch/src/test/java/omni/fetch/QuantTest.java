package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import omni.fetch.FetchProtocol.Reason;
import omni.fetch.Quant.Group;
import omni.fetch.Quant.Listed;
import omni.fetch.Quant.Room;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class QuantTest {
    private static final Room LARGE = new Room(1L << 40, 1L << 40);

    private static List<Group> groups(Object... pathsAndBytes) {
        List<Listed> files = new ArrayList<>();
        for (int i = 0; i < pathsAndBytes.length; i += 2) {
            files.add(new Listed((String) pathsAndBytes[i], (Integer) pathsAndBytes[i + 1], ""));
        }
        return Quant.groups(files);
    }

    private static String choose(List<Group> groups, String choice, Room room) {
        return Quant.choose(groups, choice, List.of(), room).stem();
    }

    @ParameterizedTest
    @CsvSource({
        "Qwen3-0.6B-Q4_K_M, Q4_K_M",
        "qwen3-0.6b-q4_k_m, Q4_K_M",
        "model-UD-Q4_K_XL, UD-Q4_K_XL",
        "model.Q8_0, Q8_0",
        "model-IQ4_NL, IQ4_NL",
        "Q4_K_M/model-Q5_1, Q5_1",
        "model-fp16, F16",
        "model-BF16, BF16",
        "gpt-oss-20b-MXFP4, MXFP4",
        "F16-model-Q2_K, Q2_K",
        "model, ''",
        "model-Q99, ''"
    })
    void readsLabels(String stem, String label) {
        assertEquals(label, Quant.label(stem));
    }

    @Test
    void takesTheLargestThatFits() {
        var groups =
                groups("m-F16.gguf", 200, "m-Q8_0.gguf", 100, "m-Q4_K_M.gguf", 50, "m-Q2_K.gguf", 20, "m-odd.gguf", 1);
        assertEquals("m-Q8_0", choose(groups, "", LARGE));
        assertEquals("m-Q8_0", choose(groups, "", new Room(100, 100)));
        assertEquals("m-Q4_K_M", choose(groups, "", new Room(99, 100)));
        assertEquals("m-Q4_K_M", choose(groups, "", new Room(100, 99)));
        assertEquals("m-Q2_K", choose(groups, "", new Room(49, 49)));
        assertEquals("m-odd", choose(groups, "", new Room(19, 19)));
        FetchException none = assertThrows(FetchException.class, () -> choose(groups, "", new Room(0, 5)));
        assertEquals(Reason.SPACE, none.reason());
        assertEquals("m-F16", choose(groups("m-F16.gguf", 9), "", LARGE));
    }

    @Test
    void keepsTheEarlierChoice() {
        var groups = groups("m-Q8_0.gguf", 100, "m-Q4_K_M.gguf", 50);
        assertEquals(
                "m-Q8_0",
                Quant.choose(groups, "", List.of("m-Q8_0.gguf"), new Room(100, 60))
                        .stem());
        assertEquals(
                "m-Q4_K_M",
                Quant.choose(groups, "", List.of("gone.gguf"), new Room(100, 60))
                        .stem());
    }

    @Test
    void splitFilesBelongTogetherAndIncompleteOnesAreNone() {
        var groups = groups(
                "m-Q8_0-00002-of-00002.gguf",
                1,
                "m-Q8_0-00001-of-00002.gguf",
                1,
                "m-Q4_0-00001-of-00002.gguf",
                1,
                "mmproj-F16.gguf",
                1,
                "m.imatrix.gguf",
                1,
                "README.md",
                1);
        assertEquals(1, groups.size());
        assertEquals(
                List.of("m-Q8_0-00001-of-00002.gguf", "m-Q8_0-00002-of-00002.gguf"),
                groups.getFirst().files().stream().map(Listed::path).toList());
        assertEquals(
                Reason.MISSING,
                assertThrows(FetchException.class, () -> choose(groups("mmproj-F16.gguf", 1), "", LARGE))
                        .reason());
    }

    @Test
    void aQuestionIsNoGuess() {
        var groups = groups("a-Q8_0.gguf", 1, "b-Q8_0.gguf", 2);
        for (String choice : List.of("", "q8_0")) {
            FetchException failed = assertThrows(FetchException.class, () -> choose(groups, choice, LARGE));
            assertEquals(Reason.AMBIGUOUS, failed.reason());
            assertTrue(failed.getMessage().contains("a-Q8_0.gguf, b-Q8_0.gguf"), failed.getMessage());
        }
        assertEquals("b-Q8_0", choose(groups, "b-Q8_0.gguf", LARGE));
        FetchException missing = assertThrows(FetchException.class, () -> choose(groups, "Q5_0", LARGE));
        assertEquals(Reason.MISSING, missing.reason());
        assertTrue(missing.getMessage().contains("there is Q8_0."), missing.getMessage());
    }

    @Test
    void thePageNamesThePreferenceOfTheProgram() throws java.io.IOException {
        String page = java.nio.file.Files.readString(
                java.nio.file.Path.of(System.getProperty("omni.root"), "inference-native/fetch/README.md"));
        assertTrue(page.replace("\n", " ").contains(String.join(", ", Quant.PREFERENCE.subList(0, 13))), "README.md");
    }
}
