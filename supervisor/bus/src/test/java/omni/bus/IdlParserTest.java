package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The grammar of interface descriptions, and the line of every fault. */
final class IdlParserTest {
    @Test
    void readsEveryKindOfMember() {
        Idl idl = IdlParser.parse("""
            # Far away.

            # The interface.
            # Second line.
            interface com.example-x.Thing1
            # A type.
            type T (a: ?[string]int, b: (x, y), # trailing
              c: []U, d: any)
            type U ()
            method M(t: T) -> (u: ?U)
            error E ()
            """);
        assertEquals("com.example-x.Thing1", idl.name());
        assertEquals("The interface.\nSecond line.", idl.doc());
        assertEquals("A type.", idl.types().getFirst().doc());
        var struct = (Idl.Struct) idl.types().getFirst().body();
        assertEquals(
                new Idl.Maybe(new Idl.Dictionary(Idl.Scalar.INT)),
                struct.fields().getFirst().type());
        assertEquals(new Idl.Choice(List.of("x", "y")), struct.fields().get(1).type());
        assertEquals(8, struct.fields().get(2).line());
        assertEquals(Idl.Scalar.OBJECT, struct.fields().get(3).type());
        assertEquals("M", idl.methods().getFirst().name());
        assertEquals(11, idl.errors().getFirst().line());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1|''",
                "1|interfac a.B",
                "1|interface a",
                "1|interface .a.B",
                "2|interface a.B;thing T ()",
                "2|interface a.B;type t ()",
                "3|interface a.B;type T ();method T() -> ()",
                "2|interface a.B;type T (a: U)",
                "3|interface a.B;type T (;a: number)",
                "3|interface a.B;type T (a: int,;a: int)",
                "2|interface a.B;type T (a, a)",
                "2|interface a.B;type T (a__b: int)",
                "2|interface a.B;type T (a_: int)",
                "2|interface a.B;type T (a: [][]int)",
                "2|interface a.B;type T (a: []?int)",
                "2|interface a.B;type T (a: ??int)",
                "2|interface a.B;type T (a: [int]int)",
                "2|interface a.B;type T (a: int",
                "2|interface a.B;method M(a, b) -> ()",
                "2|interface a.B;method M() ()",
                "2|interface a.B;error E (a, b)",
                "3|interface a.B;;method M() - > ()"
            })
    void namesTheLineOfAFault(int line, String text) {
        IdlException fault = assertThrows(IdlException.class, () -> IdlParser.parse(text.replace(';', '\n')));
        assertEquals(line, fault.line(), fault.getMessage());
        assertTrue(fault.getMessage().startsWith("line " + line + ": "));
    }

    @Test
    void nestingIsBounded() {
        assertEquals("a.B", IdlParser.parse(nested(IdlParser.NESTING_MAX)).name());
        assertThrows(IdlException.class, () -> IdlParser.parse(nested(IdlParser.NESTING_MAX + 1)));
        assertThrows(IdlException.class, () -> IdlParser.parse(nested(100_000)));
    }

    private static String nested(int depth) {
        return "interface a.B\ntype T " + "(a: ".repeat(depth) + "int" + ")".repeat(depth);
    }

    @Test
    void lengthIsBounded() {
        String text = "interface a.B\n";
        String fits = text + " ".repeat(IdlParser.TEXT_CHARS_MAX - text.length());
        assertEquals("a.B", IdlParser.parse(fits).name());
        assertThrows(IdlException.class, () -> IdlParser.parse(fits + " "));
    }

    @Test
    void namesAreBounded() {
        String name = "N".repeat(255);
        assertEquals(
                name,
                IdlParser.parse("interface a.B\ntype " + name + " ()")
                        .types()
                        .getFirst()
                        .name());
        assertThrows(IdlException.class, () -> IdlParser.parse("interface a.B\ntype N" + name + " ()"));
        assertThrows(IdlException.class, () -> IdlParser.parse("interface a." + "b".repeat(254)));
    }
}
