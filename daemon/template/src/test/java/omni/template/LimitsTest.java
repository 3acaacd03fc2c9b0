package omni.template;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Every bound, at it and one past it; and templates that try to cost more than they may. */
final class LimitsTest {
    private static void assertLimit(Executable executable) {
        assertEquals(
                TemplateException.Kind.LIMIT,
                assertThrows(TemplateException.class, executable).kind());
    }

    @Test
    void aSourceHasABoundedLength() {
        String longest = "x".repeat(Limits.SOURCE_CHARS_MAX);
        assertEquals(longest, Resources.render(longest));
        assertLimit(() -> ChatTemplate.compile(longest + "x"));
    }

    @Test
    void aSourceNestsToABoundedDepth() {
        TokenStream tokens = new TokenStream(Lexer.tokens(""));
        for (int i = 0; i < Limits.NESTING_MAX; i++) {
            tokens.down();
        }
        assertLimit(tokens::down);
        tokens.up(2);
        assertDoesNotThrow(tokens::down);
        for (String[] shape : new String[][] {
            {"{{ ", "(", "1", ")", " }}"},
            {"{{ ", "[", "1", "]", " }}"},
            {"{{ ", "{1:", "1", "}", " }}"},
            {"{{ ", "-", "1", "", " }}"},
            {"{{ ", "not ", "1", "", " }}"},
            {"{{ ", "1+", "1", "", " }}"},
            {"{{ ", "1 or ", "1", "", " }}"},
            {"{{ ", "", "1", "|string", " }}"},
            {"{{ ", "", "x", ".x", " }}"},
            {"{{ ", "", "1", " if 1 else 1", " }}"},
            {"", "{% if 1 %}", "1", "{% endif %}", ""},
            {"{% set ", "(", "x", ")", " = 1 %}"}
        }) {
            int many = Limits.NESTING_MAX + 1;
            assertLimit(() -> ChatTemplate.compile(
                    shape[0] + shape[1].repeat(many) + shape[2] + shape[3].repeat(many) + shape[4]));
            assertDoesNotThrow(
                    () -> ChatTemplate.compile(
                            shape[0] + shape[1].repeat(30) + shape[2] + shape[3].repeat(30) + shape[4]),
                    shape[1] + shape[3]);
        }
    }

    @Test
    void aRenderingTakesABoundedNumberOfSteps() {
        Budget budget = new Budget();
        budget.steps(Limits.STEPS_MAX);
        assertLimit(budget::step);
        Budget entered = new Budget();
        entered.steps(Limits.STEPS_MAX);
        assertLimit(entered::enter);
    }

    @Test
    void aRenderingMakesABoundedNumberOfElements() {
        Budget budget = new Budget();
        budget.elements(Limits.ELEMENTS_MAX);
        assertLimit(() -> budget.elements(1));
    }

    @Test
    void aTextHasABoundedLengthAndAllTogetherToo() {
        Budget budget = new Budget();
        assertLimit(() -> budget.chars(Limits.TEXT_CHARS_MAX + 1L));
        Budget all = new Budget();
        long one = Limits.TEXT_CHARS_TOTAL_MAX / 16;
        for (int i = 0; i < 16; i++) {
            all.chars(one - Limits.TEXT_EXTRA_CHARS);
        }
        assertLimit(() -> all.chars(0));
        String longest = "{{ 'x' * " + Limits.TEXT_CHARS_MAX + " }}";
        assertEquals(Limits.TEXT_CHARS_MAX, Resources.render(longest).length());
        assertLimit(() -> Resources.render(longest + "x"));
        assertLimit(() -> Resources.render("{{ 'x' * " + (Limits.TEXT_CHARS_MAX + 1) + " }}"));
    }

    @Test
    void evaluationNestsToABoundedDepth() {
        Budget budget = new Budget();
        for (int i = 0; i < Limits.DEPTH_MAX; i++) {
            budget.enter();
        }
        assertLimit(budget::enter);
    }

    @Test
    void macrosCallEachOtherToABoundedDepth() {
        String down = "{% macro m(n) %}{% if n > 1 %}{{ m(n - 1) }}{% else %}end{% endif %}{% endmacro %}";
        assertEquals("end", Resources.render(down + "{{ m(" + Limits.MACRO_DEPTH_MAX + ") }}"));
        assertLimit(() -> Resources.render(down + "{{ m(" + (Limits.MACRO_DEPTH_MAX + 1) + ") }}"));
    }

    /** The stack that a role's threads have; the deepest of everything must fit it in an interpreter's large frames. */
    @ParameterizedTest
    @ValueSource(strings = {"macros", "operators", "source", "loops", "values"})
    void theDeepestTemplateFitsASmallStack(String shape) throws InterruptedException {
        String wide = "('' ~ ".repeat(60) + "m(n - 1)" + ")".repeat(60);
        String template = switch (shape) {
            case "macros" ->
                "{% macro m(n) %}{% for i in [1] %}{% if 1 %}{{ " + wide
                        + " }}{% endif %}{% endfor %}{% endmacro %}{{ m(1000) }}";
            case "operators" -> "{% macro m(n) %}{{ [m]|map('string')|join ~ m(n)|upper }}{% endmacro %}{{ m(1) }}";
            case "source" -> "{{ " + "([{1: ".repeat(100) + "1" + "}])".repeat(100) + " }}";
            case "loops" -> "{% for i in [1] recursive %}{% if 1 %}{{ loop([i]) }}{% endif %}{% endfor %}";
            default ->
                "{% set ns = namespace(a=[], b=[]) %}{% for i in range(201) %}{% set ns.a = [ns.a] %}"
                        + "{% set ns.b = [ns.b] %}{% endfor %}{{ ns.a == ns.b }}{{ ns.a|tojson }}{{ ns.a }}";
        };
        AtomicReference<Object> result = new AtomicReference<>("nothing");
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        result.set(Resources.render(template));
                    } catch (TemplateException e) {
                        result.set(e.kind());
                    }
                },
                "small stack",
                512L * 1024);
        thread.start();
        thread.join();
        assertEquals(TemplateException.Kind.LIMIT, result.get());
    }

    @Test
    void variablesNestToABoundedDepth() {
        assertDoesNotThrow(
                () -> ChatTemplate.compile("{{ x }}{{ x == x }}{{ x|tojson }}").render(nested(201), Resources.CLOCK));
        assertLimit(() -> ChatTemplate.compile("").render(nested(202), Resources.CLOCK));
    }

    private static ObjectNode nested(int depth) {
        ArrayNode inner = Resources.JSON.createArrayNode();
        for (int i = 1; i < depth; i++) {
            ArrayNode outer = Resources.JSON.createArrayNode();
            outer.add(inner);
            inner = outer;
        }
        ObjectNode variables = Resources.JSON.createObjectNode();
        variables.set("x", inner);
        return variables;
    }

    @Test
    void aRangeHasABoundedLength() {
        assertEquals("100000", Resources.render("{{ range(100000)|length }}"));
        assertLimit(() -> Resources.render("{{ range(100001) }}"));
        assertLimit(() -> Resources.render("{{ range(0, 10 ** 30, 10 ** 29) }}"));
    }

    @Test
    void anIntegerHasBoundedBitsAndDigits() {
        BigInteger largest = BigInteger.TWO.pow(Limits.INTEGER_BITS_MAX).subtract(BigInteger.ONE);
        assertEquals(largest, Arithmetic.bounded(largest).value());
        assertLimit(() -> Arithmetic.bounded(largest.add(BigInteger.ONE)));
        assertEquals("1", Resources.render("{{ ('9' * 77)|int // ('9' * 77)|int }}"));
        assertLimit(() -> Resources.render("{{ ('9' * 78)|int }}"));
    }

    /** Templates that would take all memory or all time of the process, were there no bounds. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(x='ab') %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=3) %}{% for i in range(64) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set x = [] %}{% set _ = x.append(x) %}{{ x }}",
                "{% set x = [] %}{% set _ = x.append(x) %}{{ x|tojson }}",
                "{% set x = [] %}{% set _ = x.append(x) %}{% set y = [] %}{% set _ = y.append(y) %}{{ x == y }}",
                "{% set x = [0] %}{% for i in x %}{% set _ = x.append(i) %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{{ 'x' * 10 ** 9 }}",
                "{{ [0] * 10 ** 9 }}",
                "{{ (0,) * 10 ** 9 }}",
                "{{ 9 ** 9999 }}",
                "{{ (10.0 ** 300)|int }}",
                "{{ ('f' * 77)|int(0, 16) }}",
                "{{ 2 ** 200 * 2 ** 200 }}",
                "{{ '%0999999999d' % 1 }}",
                "{{ '%*d' % (10 ** 9, 1) }}",
                "{{ '%.999999999f' % 1.5 }}",
                "{{ '{:>999999999}'.format('x') }}",
                "{{ '{:.999999999f}'.format(1.5) }}",
                "{{ 'x'.center(10 ** 9) }}",
                "{{ 'x'.ljust(10 ** 9) }}",
                "{{ 'x'.zfill(10 ** 9) }}",
                "{{ 'x\\ty'.expandtabs(10 ** 9) }}",
                "{{ 'x'|center(10 ** 9) }}",
                "{{ 'x'|indent(10 ** 9) }}",
                "{{ [1]|tojson(indent=10 ** 9) }}",
                "{{ [1]|batch(10 ** 9, 0)|list }}",
                "{{ [1]|slice(10 ** 9)|list }}",
                "{{ ('x' * 2000000).replace('x', 'y' * 1000) }}",
                "{{ ('x' * 2000000)|replace('', 'y' * 1000) }}",
                "{{ ('x' * 4000).join('y' * 4000) }}",
                "{{ range(5000)|join('x' * 4000) }}",
                "{{ (('x' * 1000000 + 'y') in ('x' * 2000000)) }}",
                "{{ ('x' * 2000000).find('x' * 1000000 + 'y') }}",
                "{{ ('x' * 2000000).split('x')|length }}",
                "{{ ('x ' * 1000000).split()|length }}",
                "{% set x = 'x' * 2000000 %}{% for i in range(100000) %}{{ x == x }}{% endfor %}",
                "{% set x = 'x' * 2000000 %}{% for i in range(100000) %}{% if x|length %}{% endif %}{% endfor %}",
                "{% set x = 'x' * 2000000 %}{% for i in range(100000) %}{% set y = x|upper %}{% endfor %}",
                "{% set x = range(100000)|list %}{% for i in range(100000) %}{% if i in x %}{% endif %}{% endfor %}",
                "{% set x = range(100000)|list %}{% for i in range(100) %}{% set _ = x|sort %}{% endfor %}",
                "{% set x = dict.fromkeys(range(1000)) %}{% for i in range(100000) %}{% set y = x.items()|list %}"
                        + "{% endfor %}",
                "{% set x = [] %}{% for i in range(100000) %}{% set _ = x.append(range(9)|list) %}{% endfor %}",
                "{% set x = [] %}{% for i in range(100000) %}{% set _ = x.append(2 ** 255 + i) %}{% set _ ="
                        + " x.append({}) %}{% endfor %}{% for i in range(100000) %}{% set _ = x.append(dict(a=i)) %}{% set"
                        + " _ = x.append([i]) %}{% endfor %}",
                "{% set x = [] %}{% for i in range(100000) %}{% for j in range(99) %}{% set _ = x.append('' ~ i ~ j)"
                        + " %}{% endfor %}{% endfor %}",
                "{{ ('ab' * 1000000)|list|length }}",
                "{% set x %}{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}{% endset %}",
                "{{ ('<' * 2000000)|escape }}",
                "{{ ('ü' * 2000000)|urlencode }}",
            })
    void aGreedyTemplateIsStopped(String template) {
        assertLimit(() -> Resources.render(template));
    }
}
