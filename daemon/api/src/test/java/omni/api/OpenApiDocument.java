package omni.api;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI document as a reader of it has it: what it says of a route, and what of a response is not as it says. */
final class OpenApiDocument {
    private static final Pattern PARAMETER = Pattern.compile("\\{\\w+}");
    private static final String NAME = "https://omni.test/openapi.json";

    private final ObjectNode document;
    private final SchemaRegistry registry;
    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

    /** Reads the one that is served. */
    OpenApiDocument() {
        this(served());
    }

    OpenApiDocument(ObjectNode document) {
        this.document = document;
        this.registry = SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(Map.of(NAME, document.toString())));
        // The validator's own start takes a second or two: not while a test's clock runs.
        var _ = faults("GET", "/health", 200, "application/json", "{}");
        var _ = faults("GET", "/health", 400, "application/json", "{}");
    }

    static ObjectNode served() {
        try (var in = PageRoutes.class.getResourceAsStream("openapi.json")) {
            return (ObjectNode) JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every method and path, with a mark where no key is needed. */
    SortedSet<String> operations() {
        var all = new TreeSet<String>();
        for (var path : document.get("paths").properties()) {
            for (var operation : path.getValue().properties()) {
                var security = operation.getValue().path("security");
                all.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey()
                        + (security.isArray() && security.isEmpty() ? " open" : ""));
            }
        }
        return all;
    }

    /** What it says of a request; nothing where it has no such route, or no such method there. */
    Optional<JsonNode> operation(String method, String path) {
        var name = method.equals("HEAD") ? "get" : method.toLowerCase(Locale.ROOT);
        return document.get("paths").properties().stream()
                .filter(one -> matches(one.getKey(), path))
                .map(one -> one.getValue().path(name))
                .filter(JsonNode::isObject)
                .findFirst();
    }

    private static boolean matches(String template, String path) {
        var rest = template.startsWith("/v1/models/") ? ".+" : "[^/]+"; // a model's name may have slashes
        var parts = PARAMETER.splitAsStream(template).map(Pattern::quote).toList();
        var pattern = String.join(rest, parts) + (template.endsWith("}") ? rest : "");
        return path.matches(pattern);
    }

    /** The schema of a request's body. */
    JsonNode body(String method, String path) {
        return operation(method, path).orElseThrow().at("/requestBody/content/application~1json/schema");
    }

    /** What a reference leads to, or the node itself. */
    JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asString().substring(1)) : node;
    }

    /** The names of the properties of a schema, whatever it is made of. */
    SortedSet<String> properties(JsonNode schema) {
        var names = new TreeSet<String>();
        var here = resolved(schema);
        here.path("properties").propertyNames().forEach(names::add);
        for (var keyword : List.of("allOf", "anyOf")) {
            here.path(keyword).forEach(part -> names.addAll(properties(part)));
        }
        return names;
    }

    /** The schema of a property. */
    Optional<JsonNode> property(JsonNode schema, String name) {
        var here = resolved(schema);
        var own = here.path("properties").path(name);
        if (own.isObject()) {
            return Optional.of(resolved(own));
        }
        for (var part : here.path("allOf")) {
            var found = property(part, name);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** What of an instance is not as its schema says, a sentence each. */
    List<String> faults(JsonNode schema, JsonNode instance) {
        return schemas
                .computeIfAbsent(schema.toString(), _ -> compiled(schema))
                .validate(instance.toString(), InputFormat.JSON)
                .stream()
                .map(Object::toString)
                .toList();
    }

    /** The schema, with its references as they are from outside of the document, which is read once for all of them. */
    private Schema compiled(JsonNode schema) {
        return registry.getSchema(schema.toString().replace("\"#/", "\"" + NAME + "#/"), InputFormat.JSON);
    }

    /** What of a response is not as it says, a sentence each. */
    List<String> faults(HttpResponse<String> response) {
        return faults(
                response.request().method(),
                response.request().uri().getPath(),
                response.statusCode(),
                response.headers().firstValue("content-type").orElse(""),
                response.body());
    }

    /** What of a response is not as it says, a sentence each; of a route that it does not have, it says nothing. */
    List<String> faults(String method, String path, int status, String type, String body) {
        var operation = operation(method, path);
        if (operation.isEmpty()) {
            return List.of();
        }
        var where = method + " " + path + " " + status + ": ";
        var response = resolved(operation.get().get("responses").path(Integer.toString(status)));
        if (response.isMissingNode()) {
            return List.of(where + "no such status");
        }
        var media = type.split(";", 2)[0].strip();
        var content = response.path("content").path(media);
        if (content.isMissingNode()) {
            return List.of(where + "no such type: " + type);
        }
        return method.equals("HEAD")
                ? List.of()
                : faults(content, media, body).stream()
                        .map(fault -> where + fault + " in " + body)
                        .toList();
    }

    private List<String> faults(JsonNode content, String media, String body) {
        var faults = new ArrayList<String>();
        try {
            if (media.equals("application/json")) {
                return faults(content.get("schema"), JsonMapper.shared().readTree(body));
            }
            if (media.equals("text/event-stream")) {
                var event = content.at("/schema/properties/data/anyOf/0/contentSchema");
                body.lines()
                        .filter(line -> line.startsWith("data: {"))
                        .map(line -> JsonMapper.shared().readTree(line.substring("data: ".length())))
                        .forEach(data -> faults.addAll(faults(event, data)));
            } else if (content.has("x-itemSchema")) {
                body.lines()
                        .map(line -> JsonMapper.shared().readTree(line))
                        .forEach(item -> faults.addAll(faults(content.get("x-itemSchema"), item)));
            }
        } catch (JacksonException e) {
            faults.add("no JSON");
        }
        return faults;
    }
}
