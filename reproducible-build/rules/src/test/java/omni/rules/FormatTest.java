package omni.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Every Java file that people wrote stands as the formatter would write it; {@link Format} writes it so. */
class FormatTest {
    @Test
    void everyFileIsFormatted() throws FormatterException {
        var tree = Tree.of(Path.of(System.getProperty("omni.root")));
        var wrong = new ArrayList<String>();
        for (var file : Format.ours(tree)) {
            var text = tree.text(file);
            if (!Format.formatted(text).equals(text)) {
                wrong.add(file);
            }
        }
        assertEquals("", String.join("\n", wrong), "run the command of docs/development.md, section Format");
    }

    @Test
    void aFileOutOfShapeIsSeen() throws FormatterException {
        var text = "class A{int  b ;}";
        assertNotEquals(text, Format.formatted(text));
        var palantir = JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .build();
        assertEquals(Formatter.createFormatter(palantir).formatSource(text), Format.formatted(text));
    }
}
