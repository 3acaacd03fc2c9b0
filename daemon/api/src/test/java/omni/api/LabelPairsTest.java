package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import omni.api.LabelPairs.Pair;
import org.junit.jupiter.api.Test;

/** One past each bound is counted under "other", and what had a name keeps it. */
final class LabelPairsTest {
    private final LabelPairs labels = new LabelPairs();

    @Test
    void oneModelTooManyIsAnother() {
        for (var i = 0; i < LabelPairs.MODELS_MAX; i++) {
            assertEquals(new Pair("m" + i, "k"), labels.of("m" + i, "k"));
        }
        assertEquals(new Pair("other", "k"), labels.of("past", "k"));
        assertEquals("other", labels.model("past"));
        assertEquals("m0", labels.model("m0"));
        assertEquals(new Pair("none", "k"), labels.of("none", "k"), "what has none needs no name");
        assertEquals(new Pair("m0", "k"), labels.of("m0", "k"));
    }

    @Test
    void oneKeyTooManyIsAnother() {
        for (var i = 0; i < LabelPairs.KEYS_MAX; i++) {
            assertEquals(new Pair("m", "k" + i), labels.of("m", "k" + i));
        }
        assertEquals(new Pair("m", "other"), labels.of("m", "past"));
        assertEquals(new Pair("m", "none"), labels.of("m", "none"));
        assertEquals(new Pair("m", "k0"), labels.of("m", "k0"));
    }

    @Test
    void onePairTooManyIsUnderItsModel() {
        var seen = new HashSet<Pair>();
        for (var i = 0; i < LabelPairs.PAIRS_MAX; i++) {
            seen.add(labels.of("m" + i % LabelPairs.MODELS_MAX, "k" + i / LabelPairs.MODELS_MAX));
        }
        assertEquals(LabelPairs.PAIRS_MAX, seen.size());
        assertEquals(new Pair("m3", "other"), labels.of("m3", "k9"));
        assertEquals(new Pair("m3", "k0"), labels.of("m3", "k0"));
        for (var i = 0; i < 1000; i++) {
            seen.add(labels.of("x" + i, "y" + i));
            seen.add(labels.of("m" + i % LabelPairs.MODELS_MAX, "y" + i));
        }
        assertEquals(LabelPairs.PAIRS_MAX + LabelPairs.MODELS_MAX + 1, seen.size());
    }
}
