package omni.dialogue;

import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.async.ByteArrayFeeder;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the JSON of one call, {@code {"name": …, "arguments": {…}}}, a character at a time: whether it still is one, whose
 * call it is, and which characters are the arguments'. For one thread.
 */
final class CallReader implements AutoCloseable {
    /** Arrays and objects within each other. */
    static final int DEPTH_MAX = 100;

    private static final int NAME_CHARACTERS_MAX = 1024;
    private static final int NUMBER_CHARACTERS_MAX = 256;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNameLength(NAME_CHARACTERS_MAX)
                    .maxNumberLength(NUMBER_CHARACTERS_MAX)
                    .maxStringLength(AnswerParser.CALL_CHARACTERS_MAX)
                    .build())
            .build();

    /** Stands for every character that is not ASCII: JSON allows it in texts alone, and no function's name has it. */
    private static final byte OTHER = 0x7F;

    private final Set<String> functions;
    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private final byte[] one = new byte[1];
    private Key key = Key.NONE;
    private Optional<String> function = Optional.empty();
    private boolean argumentsSeen;
    private boolean inArguments;

    private enum Key {
        NONE,
        NAME,
        ARGUMENTS
    }

    /** What a character was. */
    enum Step {
        /** Part of the call, but not of its arguments. */
        FRAME,
        /** Part of the arguments. */
        ARGUMENTS,
        /** The last of the call. */
        END,
        /** No part of a call. */
        BROKEN
    }

    CallReader(Set<String> functions) {
        this.functions = functions;
        var made = JSON.createNonBlockingByteArrayParser(ObjectReadContext.empty());
        this.parser = made;
        this.feeder = (ByteArrayFeeder) made.nonBlockingInputFeeder();
    }

    /** The function that is called, as soon as its name is complete. */
    Optional<String> function() {
        return function;
    }

    /** Reads the next character; nothing may follow the end or what is broken. */
    Step accept(char c) {
        var before = inArguments;
        one[0] = c < 0x80 ? (byte) c : OTHER;
        try {
            feeder.feedInput(one, 0, 1);
            for (var token = parser.nextToken(); token != JsonToken.NOT_AVAILABLE; token = parser.nextToken()) {
                if (token == null || !fits(token)) {
                    return Step.BROKEN;
                }
                if (parser.streamReadContext().inRoot()) {
                    return function.isPresent() && argumentsSeen ? Step.END : Step.BROKEN;
                }
            }
        } catch (JacksonException e) {
            return Step.BROKEN;
        }
        return before || inArguments ? Step.ARGUMENTS : Step.FRAME;
    }

    private boolean fits(JsonToken token) {
        var depth = parser.streamReadContext().getNestingDepth();
        if (inArguments) {
            inArguments = depth > 1;
            return true;
        }
        return switch (token) {
            case START_OBJECT -> depth == 1 || begins();
            case END_OBJECT -> true;
            case PROPERTY_NAME -> isKey(parser.currentName());
            case VALUE_STRING -> isFunction(parser.getString());
            default -> false;
        };
    }

    private boolean begins() {
        inArguments = key == Key.ARGUMENTS;
        argumentsSeen = true;
        return inArguments;
    }

    private boolean isKey(String name) {
        key = switch (name) {
            case "name" -> function.isEmpty() ? Key.NAME : Key.NONE;
            case "arguments" -> argumentsSeen ? Key.NONE : Key.ARGUMENTS;
            default -> Key.NONE;
        };
        return key != Key.NONE;
    }

    private boolean isFunction(String name) {
        if (key != Key.NAME || !functions.contains(name)) {
            return false;
        }
        function = Optional.of(name);
        return true;
    }

    @Override
    public void close() {
        parser.close();
    }
}
