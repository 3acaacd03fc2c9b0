package omni.bus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** The interface org.varlink.service, which every server has. Source: varlink.org/Service; PermissionDenied and
 * ExpectedMore are systemd's additions. */
final class VarlinkService {
    static final String NAME = "org.varlink.service";
    static final String INVALID_PARAMETER = NAME + ".InvalidParameter";
    static final String EXPECTED_MORE = NAME + ".ExpectedMore";

    /** What a fault of the handler's own becomes: details are in the server's log, not on the wire. */
    static final String INTERNAL = "omni.Bus.Internal";

    private static final String DESCRIPTION = """
        # The Varlink Service Interface is provided by every varlink service. It
        # describes the service and the interfaces it implements.
        interface org.varlink.service

        # Get a list of all the interfaces a service provides and information
        # about the implementation.
        method GetInfo() -> (
          vendor: string,
          product: string,
          version: string,
          url: string,
          interfaces: []string
        )

        # Get the description of an interface that is implemented by this service.
        method GetInterfaceDescription(interface: string) -> (description: string)

        # The requested interface was not found.
        error InterfaceNotFound (interface: string)

        # The requested method was not found
        error MethodNotFound (method: string)

        # The interface defines the requested method, but the service does not
        # implement it.
        error MethodNotImplemented (method: string)

        # One of the passed parameters is invalid.
        error InvalidParameter (parameter: string)

        # Client is denied access
        error PermissionDenied ()

        # Method is expected to be called with 'more' set to true, but wasn't
        error ExpectedMore ()
        """;

    private final Map<String, Service.Erased> methods = new HashMap<>();
    private final Map<String, String> descriptions = new TreeMap<>();

    /** Who serves, for GetInfo. */
    record Identity(String vendor, String product, String version, String url) {}

    VarlinkService(Identity identity, List<Service> services, boolean introduces) {
        descriptions.put(NAME, DESCRIPTION);
        for (Service service : services) {
            methods.putAll(service.methods());
            descriptions.put(service.name(), service.description());
        }
        if (introduces) {
            methods.putAll(Introduction.methods());
            descriptions.put(Introduction.NAME, Introduction.DESCRIPTION);
        }
        JsonNode info = Wire.out()
                .put("vendor", identity.vendor(), Wire::writeString)
                .put("product", identity.product(), Wire::writeString)
                .put("version", identity.version(), Wire::writeString)
                .put("url", identity.url(), Wire::writeString)
                .put("interfaces", List.copyOf(descriptions.keySet()), Wire.writeList(Wire::writeString))
                .toJson();
        methods.put(NAME + ".GetInfo", (_, call) -> () -> call.reply(info));
        methods.put(NAME + ".GetInterfaceDescription", (parameters, call) -> {
            String wanted = Wire.in(parameters, "").required("interface", Wire::readString);
            return () -> call.reply(Wire.out()
                    .put("description", description(wanted), Wire::writeString)
                    .toJson());
        });
    }

    private String description(String name) {
        String description = descriptions.get(name);
        if (description == null) {
            throw error("InterfaceNotFound", "interface", name);
        }
        return description;
    }

    /**
     * What answers a method.
     *
     * @throws BusError if there is no such interface, no such method in it, or nobody implements it
     */
    Service.Erased find(String method) {
        Service.Erased found = methods.get(method);
        if (found != null) {
            return found;
        }
        int dot = method.lastIndexOf('.');
        String description = description(dot < 0 ? method : method.substring(0, dot));
        String member = method.substring(dot + 1);
        boolean declared = IdlParser.parse(description).methods().stream()
                .anyMatch(known -> known.name().equals(member));
        throw error(declared ? "MethodNotImplemented" : "MethodNotFound", "method", method);
    }

    private static BusError error(String name, String field, String value) {
        return new BusError(
                NAME + "." + name,
                Wire.out().put(field, value, Wire::writeString).toJson());
    }
}
