package omni.bus;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A method call on the wire. Source: varlink.org/Method-Call.
 *
 * @param method the full name
 * @param parameters a JSON object, empty if the caller sent none
 * @param more whether the caller takes a stream of replies
 * @param oneway whether the caller takes no reply
 */
record Request(String method, JsonNode parameters, boolean more, boolean oneway) {

    /**
     * Reads one; fields that nobody knows are ignored.
     *
     * @throws BusException if it is none
     */
    static Request of(ObjectNode message) {
        var in = Wire.in(message, "");
        String method = in.required("method", Wire::readString);
        JsonNode parameters = in.optional("parameters", Wire::readObject);
        if (parameters != null && !parameters.isObject()) {
            throw new Misfit("parameters");
        }
        boolean more = flag(in, "more");
        boolean oneway = flag(in, "oneway");
        if ((more && oneway) || flag(in, "upgrade")) {
            throw new BusException("A call is either \"more\" or \"oneway\", and \"upgrade\" is not served");
        }
        return new Request(
                method, parameters == null ? JsonNodeFactory.instance.objectNode() : parameters, more, oneway);
    }

    private static boolean flag(Wire.In in, String name) {
        Boolean value = in.optional(name, Wire::readBool);
        return value != null && value;
    }

    /** The message. */
    JsonNode toJson() {
        var message = Wire.out().put("method", method, Wire::writeString).put("parameters", parameters, node -> node);
        if (more) {
            message.put("more", true, Wire::writeBool);
        }
        if (oneway) {
            message.put("oneway", true, Wire::writeBool);
        }
        return message.toJson();
    }
}
