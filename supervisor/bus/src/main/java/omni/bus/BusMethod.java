package omni.bus;

import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * A method of an interface and how its values travel; generated code holds one a method.
 *
 * @param name the full name, such as "omni.Engine.Generate"
 * @param parameters reads what a caller sent
 * @param writeParameters writes what a caller sends
 * @param reply reads what the server answered
 * @param writeReply writes what the server answers
 * @param errors makes the typed error from its parameters, by its full name
 */
public record BusMethod<P, R>(
        String name,
        Wire.Reader<P> parameters,
        Function<P, JsonNode> writeParameters,
        Wire.Reader<R> reply,
        Function<R, JsonNode> writeReply,
        Map<String, Wire.Reader<? extends BusError>> errors) {
    /** Copies the table. */
    public BusMethod {
        errors = Map.copyOf(errors);
    }
}
