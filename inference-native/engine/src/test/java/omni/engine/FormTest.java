package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What the portable binding, which has no grammars, does with one. */
class FormTest {
    private static final String GBNF = "root ::= \"a\"";

    @Test
    void oneThatOnlyHelpsIsLeftOut() {
        assertFalse(PortableTokens.holdsTo(new Form(GBNF, List.of("t"), false)));
    }

    @Test
    void oneThatIsCountedOnIsRefused() {
        for (Form form : List.of(
                new Form(GBNF, List.of("t"), true),
                new Form(GBNF, List.of(), false),
                new Form(GBNF, List.of(), true))) {
            EngineException.Invalid refused =
                    assertThrows(EngineException.Invalid.class, () -> PortableTokens.holdsTo(form));
            assertEquals("grammar", refused.parameter);
        }
    }
}
