package omni.api;

import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Whose API a request speaks, which is how its errors are told. */
enum Dialect {
    /** {@code /v1}, and all that is of no other. */
    OPENAI,
    /** {@code /} and {@code /api}. */
    OLLAMA,
    /** {@code /v1/messages}, and {@code /v1/models} where the header {@code anthropic-version} is there. */
    ANTHROPIC;

    private static final int UNAVAILABLE = 503;

    /** What Anthropic says in its place. */
    private static final int OVERLOADED = 529;

    /**
     * The dialect of a request.
     *
     * @param versioned whether it names a version of Anthropic's API
     */
    static Dialect of(String path, boolean versioned) {
        if (path.equals("/") || within(path, "/api")) {
            return OLLAMA;
        }
        return within(path, "/v1/messages") || (versioned && within(path, "/v1/models")) ? ANTHROPIC : OPENAI;
    }

    private static boolean within(String path, String place) {
        return path.equals(place) || path.startsWith(place + "/");
    }

    /** The HTTP status of an error. */
    int status(ErrorCode code) {
        return this == ANTHROPIC && code.status() == UNAVAILABLE ? OVERLOADED : code.status();
    }

    /** The body of an error. */
    ObjectNode body(ApiError error, String requestId) {
        return switch (this) {
            case OPENAI -> error.body();
            case OLLAMA -> JsonNodeFactory.instance.objectNode().put("error", message(error));
            case ANTHROPIC -> {
                var body = JsonNodeFactory.instance.objectNode().put("type", "error");
                body.putObject("error").put("type", type(error.code())).put("message", message(error));
                yield body.put("request_id", requestId);
            }
        };
    }

    /** Where there is no place of its own for the field that is to blame. */
    private static String message(ApiError error) {
        return error.param()
                .filter(param -> !error.text().contains(param))
                .map(param -> param + ": " + error.text())
                .orElse(error.text());
    }

    /** Anthropic's type of an error; source: its documentation, "Errors". */
    private static String type(ErrorCode code) {
        return switch (code.status()) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 500 -> "api_error";
            case UNAVAILABLE -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> "invalid_request_error";
        };
    }
}
