package omni.bus;

import tools.jackson.databind.JsonNode;

/**
 * An error reply: thrown by a handler to send one, thrown by a client on receiving one.
 *
 * <p>Generated interfaces have one subclass an error, with its fields as accessors; an error that the interface does
 * not declare arrives as this class itself. The exception's message is the name alone: parameters may quote an owner's
 * words and messages end in logs.
 */
public class BusError extends BusException {
    private static final long serialVersionUID = 1L;
    private final String name;
    private final transient JsonNode parameters;

    /**
     * An error by its full name.
     *
     * @param name such as "omni.Engine.Busy"
     * @param parameters a JSON object
     */
    public BusError(String name, JsonNode parameters) {
        super(name);
        this.name = name;
        this.parameters = parameters;
    }

    /** The error for a method that only makes sense with "more". Source: systemd, sd-varlink.h. */
    public static BusError expectedMore() {
        return new BusError(VarlinkService.EXPECTED_MORE, Wire.out().toJson());
    }

    /** The error for a parameter whose value cannot be used. Source: org.varlink.service. */
    public static BusError invalidParameter(String parameter) {
        return new BusError(
                VarlinkService.INVALID_PARAMETER,
                Wire.out().put("parameter", parameter, Wire::writeString).toJson());
    }

    /** The full name, such as "omni.Engine.Busy". */
    public final String name() {
        return name;
    }

    /** The parameters, a JSON object. */
    public final JsonNode parameters() {
        return parameters;
    }
}
