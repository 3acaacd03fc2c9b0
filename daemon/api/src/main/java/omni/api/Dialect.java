package omni.api;

import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Whose API a request speaks, which is how its errors are told. */
enum Dialect {
    /** {@code /v1}, and all that is of no other. */
    OPENAI,
    /** {@code /} and {@code /api}. */
    OLLAMA;

    /** The dialect of a request. */
    static Dialect of(String path) {
        return path.equals("/") || path.equals("/api") || path.startsWith("/api/") ? OLLAMA : OPENAI;
    }

    /** The body of an error. */
    ObjectNode body(ApiError error) {
        return switch (this) {
            case OPENAI -> error.body();
            case OLLAMA -> JsonNodeFactory.instance.objectNode().put("error", message(error));
        };
    }

    /** Where there is no place of its own for the field that is to blame. */
    private static String message(ApiError error) {
        return error.param()
                .filter(param -> !error.text().contains(param))
                .map(param -> param + ": " + error.text())
                .orElse(error.text());
    }
}
