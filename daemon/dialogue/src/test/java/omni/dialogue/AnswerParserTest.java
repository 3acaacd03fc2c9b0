package omni.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import omni.dialogue.AnswerParser.Thoughts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of an answer, and that it does not depend on where its pieces end. */
final class AnswerParserTest {
    private static final String CALL = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>";

    static List<Arguments> answers() {
        return List.of(
                Arguments.of("hello", "hello"),
                Arguments.of("  hello ", "hello "),
                Arguments.of("", ""),
                Arguments.of(" \n", ""),
                Arguments.of(CALL, "f({\"a\": 1})"),
                Arguments.of("Look:\n" + CALL, "Look:\n|f({\"a\": 1})"),
                Arguments.of(CALL + "\n" + CALL + "\n", "f({\"a\": 1})|f({\"a\": 1})"),
                Arguments.of(CALL + " and more", "f({\"a\": 1})| and more"),
                Arguments.of(CALL + "and" + CALL, "f({\"a\": 1})|and|f({\"a\": 1})"),
                // White space and the order of names are the model's.
                Arguments.of("<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>", "f({})"),
                Arguments.of(
                        "<tool_call> { \"arguments\" : { \"b\" : [ {} ] } , \"name\" : \"g\" } </tool_call>",
                        "g({ \"b\" : [ {} ] })"),
                Arguments.of("<tool_call>{\"name\":\"\\u0066\",\"arguments\":{}}</tool_call>", "f({})"),
                // Marks in a text of the arguments are that text.
                Arguments.of(
                        "<tool_call>{\"name\":\"f\",\"arguments\":{\"s\":\"é</tool_call>\\\"}😀<tool_call>\"}}</tool_call>",
                        "f({\"s\":\"é</tool_call>\\\"}😀<tool_call>\"})"),
                // Cut short.
                Arguments.of("so <tool_ca", "so <tool_ca"),
                Arguments.of("<tool_call>\n{\"name\": \"f\"", "<tool_call>\n{\"name\": \"f\""),
                Arguments.of("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": ", "f({\"a\": )"),
                Arguments.of("<tool_call>{\"name\": \"f\", \"arguments\": {}}\n</tool_", "f({})"),
                // No calls.
                Arguments.of("<tool_call>nonsense</tool_call>", "<tool_call>nonsense</tool_call>"),
                Arguments.of(
                        "<tool_call><tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>", "<tool_call>|f({})"),
                Arguments.of(
                        "<tool_call>{\"name\":\"h\",\"arguments\":{}}", "<tool_call>{\"name\":\"h\",\"arguments\":{}}"),
                Arguments.of("<tool_call>{\"name\":\"f\"}</tool_call>", "<tool_call>{\"name\":\"f\"}</tool_call>"),
                Arguments.of(
                        "<tool_call>{\"name\":\"f\",\"arguments\":\"{}\"}",
                        "<tool_call>{\"name\":\"f\",\"arguments\":\"{}\"}"),
                Arguments.of(
                        "<tool_call>{\"name\":\"f\",\"id\":1,\"arguments\":{}}",
                        "<tool_call>{\"name\":\"f\",\"id\":1,\"arguments\":{}}"),
                Arguments.of(
                        "<tool_call>{\"name\":\"f\",\"name\":\"g\",\"arguments\":{}}",
                        "<tool_call>{\"name\":\"f\",\"name\":\"g\",\"arguments\":{}}"),
                Arguments.of(
                        "<tool_call>[{\"name\":\"f\",\"arguments\":{}}]",
                        "<tool_call>[{\"name\":\"f\",\"arguments\":{}}]"),
                Arguments.of("<tool_call>{\"name\":{\"name\":\"f\"}}", "<tool_call>{\"name\":{\"name\":\"f\"}}"),
                Arguments.of("<tool_call>{'name':'f'}", "<tool_call>{'name':'f'}"),
                // Broken when they had been told already.
                Arguments.of("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\": 01}}", "f({\"a\": 0)|1}}"),
                Arguments.of("<tool_call>{\"name\":\"f\",\"arguments\":{}} so</tool_call>", "f({})| so</tool_call>"),
                Arguments.of("<tool_call>{\"name\":\"f\",\"arguments\":{},\"x\":1}", "f({})|,\"x\":1}"),
                // Thoughts.
                Arguments.of("<think>\nhm hm\n</think>\n\nhello", "[hm hm\n]|hello"),
                Arguments.of("\n <think>hm</think>" + CALL, "[hm]|f({\"a\": 1})"),
                Arguments.of("<think>\n\n</think>\n\nhello", "hello"),
                Arguments.of("<think>a < b </think", "[a < b </think]"),
                // A call ends them, and what is none does not.
                Arguments.of("<think>" + CALL + "</think>yes", "f({\"a\": 1})|</think>yes"),
                Arguments.of("<think>hm\n" + CALL + "\n" + CALL, "[hm\n]|f({\"a\": 1})|f({\"a\": 1})"),
                Arguments.of("<think>hm <tool_call>?</think>yes", "[hm <tool_call>?]|yes"),
                Arguments.of("<think>hm <tool_call></think>yes", "[hm <tool_call>]|yes"),
                Arguments.of("<think>hm <tool_call>{\"x</think> y", "[hm <tool_call>{\"x]|y"),
                Arguments.of("<think>hm <tool_call>{\"x</think> \n\ny", "[hm <tool_call>{\"x]|y"),
                Arguments.of("<think>hm <tool_call>{\"na", "[hm <tool_call>{\"na]"),
                Arguments.of("<think>hm <tool_ca", "[hm <tool_ca]"),
                Arguments.of("so <think>hm</think>", "so <think>hm</think>"),
                Arguments.of("<thin", "<thin"));
    }

    private static AnswerParser parser(Thoughts thoughts) {
        return new AnswerParser(thoughts, Set.of("f", "g"));
    }

    private static String told(AnswerParser parser, Stream<String> pieces) {
        var told = new Told();
        pieces.forEach(piece -> told.add(parser.accept(piece)));
        told.add(parser.finish());
        return told.text();
    }

    @ParameterizedTest
    @MethodSource("answers")
    void isTold(String answer, String expected) {
        assertEquals(expected, told(parser(Thoughts.MARKED), Stream.of(answer)));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void isToldTheSameInPieces(String answer, String expected) {
        for (var i = 0; i <= answer.length(); i++) {
            var pieces = Stream.of(answer.substring(0, i), answer.substring(i));
            assertEquals(expected, told(parser(Thoughts.MARKED), pieces), "split at " + i);
        }
        assertEquals(
                expected, told(parser(Thoughts.MARKED), answer.chars().mapToObj(c -> Character.toString((char) c))));
    }

    /** Whatever is put together of what answers are made of: each way to cut it gives the same, and no text is lost. */
    @Test
    void anythingIsToldTheSameInPieces() {
        var parts = List.of(
                "<think>",
                "</think>",
                "<tool_call>",
                "</tool_call>",
                "{\"name\": \"f\", \"arguments\": ",
                "{\"a\": [1, \"x\"]}",
                "}",
                "{}",
                "\n",
                "  ",
                "text",
                "<",
                "\"",
                "é",
                "😀",
                "{\"arguments\": ",
                ", \"name\": \"g\"}",
                "\\",
                "null");
        var beginnings = List.of(Thoughts.values());
        var random = new SplittableRandom(8);
        var calls = 0;
        for (var i = 0; i < 20_000; i++) {
            var answer = Stream.generate(() -> parts.get(random.nextInt(parts.size())))
                    .limit(random.nextInt(1, 12))
                    .collect(Collectors.joining());
            var thoughts = beginnings.get(random.nextInt(beginnings.size()));
            var whole = told(parser(thoughts), Stream.of(answer));
            var cut = random.nextInt(answer.length() + 1);
            assertEquals(whole, told(parser(thoughts), Stream.of(answer.substring(0, cut), answer.substring(cut))));
            assertEquals(whole, told(parser(thoughts), answer.chars().mapToObj(c -> Character.toString((char) c))));
            calls += whole.contains("f({") ? 1 : 0;
        }
        assertTrue(calls > 20, calls + " had calls");
    }

    @Test
    void withoutThoughtsOrFunctionsTextIsText() {
        for (var text : List.of("  <think>a</think>", " " + CALL, "\n")) {
            assertEquals(text, told(new AnswerParser(Thoughts.NONE, Set.of()), Stream.of(text)));
        }
        assertEquals(
                "[a]|" + CALL, told(new AnswerParser(Thoughts.BEGUN, Set.of()), Stream.of("\na</think>\n" + CALL)));
    }

    @Test
    void callsWithinThoughtsAreThoughtsWhereTheyDoNotCount() {
        var parser = new AnswerParser(Thoughts.BEGUN, Set.of("f"), false);
        assertEquals("[" + CALL + "]|f({\"a\": 1})", told(parser, Stream.of(CALL + "</think>\n\n" + CALL)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "well|false",
                "CALL|true",
                "<think>hm CALL|true",
                "CALL CALL and more|true",
                "<tool_call>{'name':'f','arguments':{'a':'Os|false",
                "<tool_call>{'name':'f','arguments':{'a':1}|false",
                "<tool_call>{'name':'f','arguments':{'a':1}}|true",
                "<tool_call>{'arguments':{'a':1},'name':'f'}|true",
                "CALL<tool_call>{'name':'f','arguments':{'a':'Os|false",
                "<tool_call>{'name':'f','arguments':{'a': 01}} CALL|false",
                "CALL<tool_call>nonsense|true",
            })
    void whetherCallsAreWholeIsKnown(String answer, boolean whole) {
        var parser = parser(Thoughts.MARKED);
        told(parser, Stream.of(answer.replace('\'', '"').replace("CALL", CALL)));
        assertEquals(whole, parser.callsAreWhole());
    }

    @Test
    void aCallIsToldWhileItIsWritten() {
        var parser = parser(Thoughts.NONE);
        assertEquals(List.of(), parser.accept("<tool_call>\n{\"name\": \"f\", \"arguments\": "));
        assertEquals(
                List.of(new Delta.Call(0, "f"), new Delta.Arguments(0, "{\"a\": \"b")), parser.accept("{\"a\": \"b"));
        assertEquals(List.of(new Delta.Arguments(0, " c")), parser.accept(" c"));
        assertEquals(List.of(new Delta.Arguments(0, "\"}")), parser.accept("\"}}\n</tool_call>"));
        assertEquals(List.of(), parser.finish());
    }

    @Test
    void oneCallMoreThanThereMayBeIsText() {
        var most = told(parser(Thoughts.NONE), Stream.of(CALL.repeat(AnswerParser.CALLS_MAX)));
        assertEquals(AnswerParser.CALLS_MAX, most.split("f\\(", -1).length - 1);
        var more = told(parser(Thoughts.NONE), Stream.of(CALL.repeat(AnswerParser.CALLS_MAX + 1)));
        assertEquals(most + "|" + CALL, more);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aCallLongerThanItMayBeIsBroken(int more) {
        var frame = "{\"name\":\"f\",\"arguments\":{\"s\":\"\"}}";
        var call = frame.replace(
                "\"\"", "\"" + "x".repeat(AnswerParser.CALL_CHARACTERS_MAX + more - frame.length()) + "\"");
        var told = told(parser(Thoughts.NONE), Stream.of("<tool_call>" + call + "</tool_call>"));
        assertEquals(more == 0, told.endsWith("\"})"), told.substring(told.length() - 30));
        assertEquals(more == 1, told.endsWith("|}</tool_call>"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void argumentsDeeperThanTheyMayBeAreBroken(int more) {
        // Two brackets are the call's and the arguments'.
        var depth = CallReader.DEPTH_MAX - 2 + more;
        var call = "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":" + "[".repeat(depth) + "]".repeat(depth)
                + "}}</tool_call>";
        assertEquals(more == 0, told(parser(Thoughts.NONE), Stream.of(call)).endsWith("]})"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void whiteSpaceBeforeAMarkIsNotHeldForEver(int more) {
        var space = " ".repeat(AnswerParser.SPACE_MAX + more);
        var ended = told(parser(Thoughts.NONE), Stream.of(CALL.replace("\n</", space + "</")));
        assertEquals(more == 0, ended.equals("f({\"a\": 1})"));
        var next = told(parser(Thoughts.NONE), Stream.of(CALL + space + CALL));
        assertEquals(more == 0 ? "f({\"a\": 1})|f({\"a\": 1})" : "f({\"a\": 1})|" + space + "|f({\"a\": 1})", next);
    }
}
