package omni.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class RefusalsTest {
    private static SchemaException refused(JsonNode schema) {
        return assertThrows(SchemaException.class, () -> SchemaGrammar.of(schema), schema::toString);
    }

    private static void refused(String schema, String pointer, String keyword) {
        var e = refused(Oracle.json(schema));
        assertEquals(pointer + " " + keyword, e.pointer() + " " + e.keyword(), schema);
        assertTrue(String.valueOf(e.getMessage()).endsWith("."), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not",
                "if",
                "then",
                "else",
                "multipleOf",
                "patternProperties",
                "propertyNames",
                "dependentRequired",
                "dependentSchemas",
                "contains",
                "minContains",
                "maxContains",
                "minProperties",
                "maxProperties",
                "unevaluatedItems",
                "unevaluatedProperties",
                "contentEncoding",
                "contentMediaType",
                "contentSchema",
                "$anchor",
                "$dynamicRef",
                "$dynamicAnchor",
                "$vocabulary",
                "nullable",
                "additionalItems",
                "dependencies",
                "divisibleBy",
                "x-own",
                "minlength",
                "",
            })
    void everyOtherKeywordIsRefusedByItsName(String keyword) {
        var nodes = JsonNodeFactory.instance;
        refused(nodes.objectNode().put(keyword, 1).toString(), "#", keyword);
        var inner = nodes.objectNode();
        inner.set(keyword, nodes.objectNode());
        var properties = nodes.objectNode();
        properties.set("a/b~", nodes.objectNode().set("items", inner));
        refused(nodes.objectNode().set("properties", properties).toString(), "#/properties/a~1b~0/items", keyword);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{'type':'text'} ~ # ~ type",
                "{'type':[]} ~ # ~ type",
                "{'type':[3]} ~ # ~ type",
                "{'enum':[]} ~ # ~ enum",
                "{'enum':'a'} ~ # ~ enum",
                "{'anyOf':[]} ~ # ~ anyOf",
                "{'anyOf':{}} ~ # ~ anyOf",
                "{'minimum':'1'} ~ # ~ minimum",
                "{'minimum':1,'exclusiveMinimum':true} ~ # ~ exclusiveMinimum",
                "{'maximum':1e18} ~ # ~ maximum",
                "{'maximum':1e2147483647} ~ # ~ maximum",
                "{'minimum':0.0000000000000001} ~ # ~ minimum",
                "{'minLength':-1} ~ # ~ minLength",
                "{'minLength':1.5} ~ # ~ minLength",
                "{'pattern':3} ~ # ~ pattern",
                "{'type':'string','pattern':'a(?=b)'} ~ # ~ pattern",
                "{'type':'string','pattern':'a[ab]{12}$'} ~ # ~ pattern",
                "{'type':'string','pattern':'a','maxLength':5000} ~ # ~ pattern",
                "{'format':'regex'} ~ # ~ format",
                "{'items':[{}]} ~ # ~ items",
                "{'items':{'items':3}} ~ #/items/items ~ ``",
                "{'uniqueItems':true} ~ # ~ uniqueItems",
                "{'properties':[]} ~ # ~ properties",
                "{'required':'a'} ~ # ~ required",
                "{'required':[1]} ~ # ~ required",
                "{'$ref':'other.json'} ~ # ~ $ref",
                "{'$ref':'#name'} ~ # ~ $ref",
                "{'$ref':'#/$defs/none'} ~ # ~ $ref",
                "{'$ref':'#/%zz'} ~ # ~ $ref",
                "{'$ref':'#'} ~ # ~ $ref",
                "{'anyOf':[{'type':'null'},{'$ref':'#'}]} ~ # ~ $ref",
                "{'type':'object','properties':{'a':{'$ref':'#'}},'required':['a']} ~ # ~ $ref",
                "{'$defs':[]} ~ # ~ $defs",
                "{'$schema':'http://json-schema.org/draft-04/schema#'} ~ # ~ $schema",
                "{'items':{'$id':'a'}} ~ #/items ~ $id",
                "{'oneOf':[{'type':'integer'},{'type':'number'}]} ~ # ~ oneOf",
                "{'oneOf':[{'type':'object','properties':{'a':{}}},{'type':'object','properties':{'b':{}}}]} ~ # ~ oneOf",
                "{'type':'object','properties':{'a':{'type':'null'},'b':{'type':'null'}},'oneOf':[{'properties':{'a':{'type':'null'}},'required':['a']},{'properties':{'b':{'type':'null'}},'required':['b']}]} ~ # ~ oneOf",
                "{'type':['object','null'],'oneOf':[{'properties':{'k':{'const':1}},'required':['k']},{'properties':{'k':{'const':2}},'required':['k']}]} ~ # ~ oneOf",
                "{'oneOf':[{'type':'string','format':'ipv4'},{'type':'string','format':'hostname'}]} ~ # ~ oneOf",
                "{'oneOf':[{'type':'string','format':'uuid'},{'type':'string','format':'hostname'}]} ~ # ~ oneOf",
                "{'oneOf':[{'const':'mailto:a@b.org'},{'type':'string','format':'uri'}]} ~ # ~ oneOf",
                "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1e-15} ~ # ~ ``",
                "{'$schema':'https://json-schema.org/draft/2019-09/schema','prefixItems':[true]} ~ # ~ prefixItems",
                "{'$schema':'http://json-schema.org/draft-07/schema#','items':{'prefixItems':[true]}} ~ #/items ~ prefixItems",
                "{'$schema':'http://json-schema.org/draft-07/schema#','items':{'$ref':'#/definitions/a','type':'string'},'definitions':{'a':{}}} ~ #/items ~ $ref",
                "{'$schema':'http://json-schema.org/draft-06/schema#','items':{'$ref':'#/definitions/a','minLength':1},'definitions':{'a':{}}} ~ #/items ~ $ref",
                "{'items':{'$schema':'http://json-schema.org/draft-07/schema#'}} ~ #/items ~ $schema",
                "{'enum':[[1]],'items':{'type':'string'}} ~ # ~ enum",
                "false ~ # ~ ``",
                "{'type':'string','enum':[1]} ~ # ~ ``",
                "{'allOf':[{'type':'string'},{'type':'null'}]} ~ #/allOf/0 ~ ``",
                "{'type':'string','minLength':3,'maxLength':2} ~ # ~ ``",
                "{'type':'integer','minimum':1.2,'maximum':1.8} ~ # ~ ``",
                "{'type':'string','pattern':'^a$','minLength':2} ~ # ~ ``",
                "{'type':'object','properties':{'a':false},'required':['a']} ~ # ~ ``",
                "{'type':'array','prefixItems':[false],'minItems':1} ~ # ~ ``",
                "3 ~ # ~ ``",
                "{'const':'\\ud800'} ~ # ~ const",
                "{'pattern':'\\udc00'} ~ # ~ pattern",
            })
    void whatCannotBeHonouredIsRefusedWithItsPlace(String schema, String pointer, String keyword) {
        refused(schema.replace('\'', '"'), pointer, keyword);
    }

    @Test
    void whatDemandsNothingPasses() {
        var annotated = "{\"title\":\"t\",\"description\":\"d\",\"default\":3,\"examples\":[1],\"deprecated\":true,"
                + "\"readOnly\":true,\"writeOnly\":false,\"$comment\":\"c\",\"discriminator\":{\"propertyName\":\"k\"},"
                + "\"type\":\"boolean\"}";
        assertEquals(SchemaGrammar.of(Oracle.json("{\"type\":\"boolean\"}")), SchemaGrammar.of(Oracle.json(annotated)));
        for (var draft : List.of(
                "https://json-schema.org/draft/2019-09/schema",
                "http://json-schema.org/draft-07/schema#",
                "http://json-schema.org/draft-06/schema")) {
            SchemaGrammar.of(JsonNodeFactory.instance.objectNode().put("$schema", draft));
        }
    }

    @Test
    void whatMeansTheSameInOlderDraftsPasses() {
        SchemaGrammar.of(Oracle.json("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$ref\":"
                + "\"#/definitions/a\",\"title\":\"t\",\"definitions\":{\"a\":{\"type\":\"null\"}}}"));
        SchemaGrammar.of(Oracle.json("{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\",\"$ref\":"
                + "\"#/$defs/a\",\"type\":\"null\",\"$defs\":{\"a\":{\"type\":\"null\"}}}"));
    }

    @Test
    void whatNoNumberIsWrittenForIsNotEmptyText() {
        var grammar = Gbnf.read(SchemaGrammar.of(
                Oracle.json("{\"type\":[\"number\",\"null\"],\"exclusiveMinimum\":0,\"exclusiveMaximum\":1e-15}")));
        assertTrue(grammar.accepts("null") && !grammar.accepts("") && !grammar.accepts("0"));
        assertThrows(IllegalArgumentException.class, () -> Expr.alt(List.of()));
    }

    @Test
    void whatIsPossibleOnlyWithTheImpossibleIsNotWritten() {
        var gbnf = SchemaGrammar.of(
                Oracle.json(
                        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/a\"},"
                                + "\"b\":{\"$ref\":\"#/$defs/b\"},\"ok\":{\"type\":\"null\"}},\"$defs\":{"
                                + "\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"$ref\":\"#/$defs/b\"},\"x\":false},"
                                + "\"required\":[\"b\",\"x\"]},"
                                + "\"b\":{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/a\"}},\"required\":[\"a\"]}}}"));
        var grammar = Gbnf.read(gbnf);
        assertTrue(grammar.accepts("{\"ok\":null}") && grammar.accepts("{}"));
        assertTrue(!gbnf.contains("\\\"b\\\""), gbnf);
    }

    @Test
    void whatIsSaidOfOtherTypesDemandsNothingHere() {
        assertEquals(
                SchemaGrammar.of(Oracle.json("{\"type\":\"boolean\"}")),
                SchemaGrammar.of(Oracle.json("{\"type\":\"boolean\",\"minLength\":3,\"required\":[\"a\"]}")));
    }

    @Test
    void anObjectOfAnySort() {
        var grammar = Gbnf.read(SchemaGrammar.anyObject());
        assertTrue(grammar.accepts("{}") && grammar.accepts("{\"a\": [1, {\"b\": null}]}"));
        assertTrue(!grammar.accepts("[]") && !grammar.accepts("{\"a\":\"\\ud800\"}") && !grammar.accepts(" {}"));
    }
}
