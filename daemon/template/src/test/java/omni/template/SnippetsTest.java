package omni.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * Small templates against what transformers makes of them. The expected texts in {@code snippets.json} are its own;
 * {@link TransformersBoxTest} makes them anew.
 */
final class SnippetsTest {
    private final JsonNode golden = Resources.json("snippets.json");

    @TestFactory
    List<DynamicTest> everySnippetRendersAsInPython() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode snippet : golden.get("snippets")) {
            String source = snippet.get("template").asString();
            tests.add(DynamicTest.dynamicTest(tests.size() + " " + source, () -> check(source, snippet)));
        }
        assertTrue(tests.size() > 1000, "The snippets are not all there.");
        return tests;
    }

    private void check(String source, JsonNode snippet) {
        String kind = snippet.get("kind").asString();
        if (kind.equals("text")) {
            assertEquals(snippet.get("text").asString(), render(source));
            return;
        }
        TemplateException e = assertThrows(TemplateException.class, () -> render(source));
        assertEquals(kind, e.kind().name());
        if (e.kind() == TemplateException.Kind.RAISED) {
            assertEquals(snippet.get("text").asString(), e.getMessage());
        }
        assertTrue(e.line() > 0 || e.kind() == TemplateException.Kind.LIMIT, "An error has no line.");
    }

    private String render(String source) {
        return ChatTemplate.compile(source).render(golden.get("variables"), Resources.CLOCK);
    }

    @Test
    void anErrorNamesItsLine() {
        TemplateException syntax =
                assertThrows(TemplateException.class, () -> ChatTemplate.compile("a\n\n{{ 'x' }}\n{% nonsense %}"));
        assertEquals(4, syntax.line());
        TemplateException runtime = assertThrows(TemplateException.class, () -> render("a\n{# c\n #}{{ 1 + 'x' }}\n"));
        assertEquals(3, runtime.line());
    }

    @Test
    void aTemplateIsRenderedByManyThreadsAtOnce() throws InterruptedException {
        ChatTemplate template = ChatTemplate.compile("{% set ns = namespace(n=0) %}{% for x in l %}"
                + "{% set ns.n = ns.n + x %}{% set _ = l.append(1) if loop.index < 50 %}{% endfor %}{{ ns.n }}");
        List<String> results = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            threads.add(Thread.startVirtualThread(
                    () -> results.add(template.render(golden.get("variables"), Resources.CLOCK))));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(Collections.nCopies(16, "55"), results);
    }
}
