package omni.rules;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes every Java file of the repository as palantir-java-format has it. It runs in the JDK that the project is built
 * with, since the formatter parses with the compiler of the JVM it runs in.
 */
final class Format {
    private Format() {}

    /** Rewrites what is out of shape below the folder in {@code arguments[0]} and prints each name. */
    public static void main(String[] arguments) throws IOException, FormatterException {
        var tree = Tree.of(Path.of(arguments[0]));
        for (var file : ours(tree)) {
            var text = tree.text(file);
            var better = formatted(text);
            if (!better.equals(text)) {
                Files.writeString(tree.root().resolve(file), better);
                System.out.println(file);
            }
        }
    }

    /** Returns the Java files that people write; generated sources keep their generator's shape. */
    static List<String> ours(Tree tree) {
        return tree.where(n -> n.endsWith(".java") && !n.contains("/src/generated/"));
    }

    /** Returns {@code text} formatted, its imports ordered and the unused ones gone. */
    static String formatted(String text) throws FormatterException {
        var options = JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .build();
        var imports = ImportOrderer.reorderImports(
                RemoveUnusedImports.removeUnusedImports(text), JavaFormatterOptions.Style.PALANTIR);
        return Formatter.createFormatter(options).formatSource(imports);
    }
}
