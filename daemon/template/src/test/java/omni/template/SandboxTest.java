package omni.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing outside of the variables can be reached: not Python's internals, which do not exist, and nothing of Java. */
final class SandboxTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "''.__class__",
                "[].__class__",
                "{}.__class__",
                "(1).__class__",
                "none.__class__",
                "''['__class__']",
                "''|attr('__class__')",
                "range.__globals__",
                "namespace.__init__",
                "dict.__subclasses__",
                "cycler.__init__",
                "namespace()['__init__']",
                "raise_exception.__globals__",
                "''.getClass",
                "''.class",
                "[].stream",
                "{}.entrySet",
                "''.chars",
                "range.body",
                "namespace().members",
                "[].values",
                "''.text",
                "''.safe",
                "lipsum",
                "self",
                "environment",
                "config",
                "request",
                "os",
                "System",
            })
    void whatIsNotATemplatesBusinessIsUndefined(String expression) {
        assertEquals("False", Resources.render("{{ (" + expression + ") is defined }}"));
    }

    @Test
    void theSameQuestionFindsWhatIsThere() {
        assertEquals("True", Resources.render("{{ (''.strip) is defined }}"));
        assertEquals("True", Resources.render("{{ ({'getClass': 1}.getClass) is defined }}"));
        assertEquals("True", Resources.render("{{ ([]|attr('count')) is defined }}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ '{0.__class__}'.format('') }}",
                "{{ '{0[__class__]}'.format({}) }}",
                "{{ [{}]|map(attribute='__class__')|join }}",
                "{{ ''.__class__ }}",
            })
    void formatsAndFiltersGoTheSameGuardedWay(String template) {
        assertEquals("", Resources.render(template));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ''.__class__.__mro__ }}",
                "{{ ''.__class__() }}",
                "{{ '{0.__class__.__mro__}'.format('') }}",
                "{{ namespace(__class__=1) }}",
                "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
            })
    void aUseOfAnInternalNameFails(String template) {
        assertEquals(
                TemplateException.Kind.RUNTIME,
                assertThrows(TemplateException.class, () -> Resources.render(template))
                        .kind());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% include 'x' %}",
                "{% import 'x' as y %}",
                "{% from 'x' import y %}",
                "{% extends 'x' %}",
                "{% block x %}{% endblock %}",
                "{% do x %}",
                "{% autoescape true %}{% endautoescape %}",
            })
    void otherTemplatesCannotBeUsed(String template) {
        assertEquals(
                TemplateException.Kind.SYNTAX,
                assertThrows(TemplateException.class, () -> Resources.render(template))
                        .kind());
    }

    @Test
    void anErrorDoesNotRepeatTheConversation() {
        var variables = Resources.JSON.createObjectNode().put("secret", "the canary sings");
        for (String template : new String[] {
            "{{ secret + 1 }}",
            "{{ {}[secret].x }}",
            "{{ secret.nothing.x }}",
            "{{ secret|tojson(indent=secret, separators=1) }}",
            "{{ [][secret].x }}",
            "{{ '%d' % secret }}",
            "{{ secret() }}",
            "{{ secret|map(secret)|list }}",
            "{{ [1]|select(secret)|list }}",
            "{{ namespace()[secret].x }}"
        }) {
            TemplateException e = assertThrows(
                    TemplateException.class,
                    () -> ChatTemplate.compile(template).render(variables, Resources.CLOCK));
            assertEquals(TemplateException.Kind.RUNTIME, e.kind(), template);
            assertEquals(-1, String.valueOf(e.getMessage()).indexOf("canary"), template);
        }
        TemplateException raised = assertThrows(
                TemplateException.class,
                () -> ChatTemplate.compile("{{ raise_exception(secret) }}").render(variables, Resources.CLOCK));
        assertEquals("the canary sings", raised.getMessage());
    }
}
