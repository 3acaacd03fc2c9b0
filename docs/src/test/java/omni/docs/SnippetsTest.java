package omni.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java of the modules' pages compiles against the modules. That of the root's README runs, in FirstChatTest. */
class SnippetsTest {
    private static final String IMPORTS = """
        import java.nio.file.Path;
        import java.time.Clock;
        import java.util.Set;
        import java.util.concurrent.CountDownLatch;
        import omni.bus.*;
        import omni.device.*;
        import omni.dialogue.AnswerParser;
        import omni.dialogue.AnswerParser.Thoughts;
        import omni.llama.*;
        import omni.role.*;
        import omni.template.*;
        import tools.jackson.databind.node.ObjectNode;
        """;

    @TempDir
    Path folder;

    @Test
    void everySnippetCompiles() throws IOException, InterruptedException {
        var snippets = Pages.blocks("java").stream()
                .filter(block -> !block.page().equals("README.md"))
                .toList();
        assertFalse(snippets.isEmpty());
        for (var snippet : snippets) {
            assertEquals("", complaints(snippet.text()), snippet.page());
        }
    }

    @Test
    void aSnippetThatDoesNotCompileIsNoticed() throws IOException, InterruptedException {
        assertNotEquals("", complaints("void ask(BusClient bus) { bus.noSuchMethod(); }"));
    }

    /** What the compiler says against methods as they stand on a page; nothing where it takes them. */
    private String complaints(String methods) throws IOException, InterruptedException {
        var source = folder.resolve("Snippet.java");
        Files.writeString(source, IMPORTS + "class Snippet {\n" + methods + "}\n");
        var out = folder.resolve("out");
        var compiler = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                        "-proc:none",
                        "-d",
                        folder.toString(),
                        "-classpath",
                        System.getProperty("java.class.path"),
                        source.toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        return compiler.waitFor() == 0 ? "" : Files.readString(out);
    }
}
