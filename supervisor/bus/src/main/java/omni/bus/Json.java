package omni.bus;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON text of messages, within the limits. Thread-safe. */
final class Json {
    private static final int NUMBER_CHARS_MAX = 100;
    private static final int NAME_CHARS_MAX = 1024;

    private final JsonMapper mapper;
    private final int messageBytesMax;
    private final int nestingMax;
    private final int tokensMax;

    Json(BusLimits limits) {
        messageBytesMax = limits.messageBytesMax();
        nestingMax = limits.nestingMax();
        tokensMax = limits.tokensMax();
        StreamReadConstraints constraints = StreamReadConstraints.builder()
                .maxNestingDepth(nestingMax)
                .maxTokenCount(tokensMax)
                .maxStringLength(messageBytesMax)
                .maxNameLength(NAME_CHARS_MAX)
                .maxNumberLength(NUMBER_CHARS_MAX)
                .build();
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(constraints)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        mapper = JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /**
     * The object in a frame.
     *
     * @throws BusException if it is none or holds a name twice; {@link BusException.Limit} if it nests or counts beyond
     *     the limits. The text never quotes the frame: it may hold an owner's words.
     */
    ObjectNode parse(byte[] frame) {
        if (frame.length == 0 || !startsAsObject(frame)) {
            throw new BusException("A message is a JSON object in UTF-8 with a NUL behind it");
        }
        try {
            if (mapper.readTree(frame) instanceof ObjectNode object) {
                return object;
            }
        } catch (StreamConstraintsException fault) {
            throw new BusException.Limit("A message is over the limits (nesting " + nestingMax + ", tokens " + tokensMax
                    + "), or has an overlong name, number or text");
        } catch (JacksonException fault) {
            throw new BusException("A message is no JSON: " + fault.getClass().getSimpleName());
        }
        throw new BusException("A message is a JSON object");
    }

    /** Keeps the parser from guessing another encoding. */
    private static boolean startsAsObject(byte[] frame) {
        for (byte b : frame) {
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '{';
            }
        }
        return false;
    }

    /**
     * The frame of a message, its NUL included. A NUL inside a string is escaped, so it never cuts a frame.
     *
     * @throws BusException.Oversize if it is larger than the limit
     */
    byte[] frame(JsonNode message) {
        byte[] text;
        try {
            text = mapper.writeValueAsBytes(message);
        } catch (JacksonException fault) {
            throw new BusException("A message cannot be written as JSON", fault);
        }
        if (text.length > messageBytesMax) {
            throw new BusException.Oversize("The message has " + text.length + " bytes and messageBytesMax is "
                    + messageBytesMax + ": send less, or pass a file's path");
        }
        byte[] frame = new byte[text.length + 1];
        System.arraycopy(text, 0, frame, 0, text.length);
        return frame;
    }
}
