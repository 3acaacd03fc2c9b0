package omni.api;

import java.io.Serial;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A refusal or failure that a client is told about, in the shape of OpenAI's error object. */
final class ApiError extends ApiException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final @Nullable String param;
    private final int retryAfterSeconds;
    private final @Nullable String allow;

    private ApiError(
            ErrorCode code,
            String message,
            @Nullable String param,
            int retryAfterSeconds,
            @Nullable String allow,
            @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.param = param;
        this.retryAfterSeconds = retryAfterSeconds;
        this.allow = allow;
    }

    /** An error of the request as a whole. */
    static ApiError of(ErrorCode code, String message) {
        return new ApiError(code, message, null, 0, null, null);
    }

    /** An error with the failure that led to it, for the log. */
    static ApiError of(ErrorCode code, String message, Throwable cause) {
        return new ApiError(code, message, null, 0, null, cause);
    }

    /** An error of one field; {@code param} is its path, such as {@code messages[0].content}. */
    static ApiError at(String param, ErrorCode code, String message) {
        return new ApiError(code, message, param, 0, null, null);
    }

    /** An error that goes away: the client should come again after so many seconds. */
    static ApiError later(ErrorCode code, int retryAfterSeconds, String message) {
        return new ApiError(code, message, null, Math.max(1, retryAfterSeconds), null, null);
    }

    /** An error that goes away, with the failure that led to it. */
    static ApiError later(ErrorCode code, int retryAfterSeconds, String message, Throwable cause) {
        return new ApiError(code, message, null, Math.max(1, retryAfterSeconds), null, cause);
    }

    /** A method that the route does not have; {@code allow} lists those it has, as in the Allow header. */
    static ApiError method(String allow) {
        return new ApiError(ErrorCode.METHOD_NOT_ALLOWED, "This route takes " + allow + " only.", null, 0, allow, null);
    }

    /** This error, with the field that it names called otherwise where these names say so. */
    ApiError naming(Map<String, String> names) {
        return param == null || !names.containsKey(param)
                ? this
                : new ApiError(code, text(), names.get(param), retryAfterSeconds, allow, getCause());
    }

    /** This error, as one of that field where it names none. */
    ApiError about(String field) {
        return param == null ? new ApiError(code, text(), field, retryAfterSeconds, allow, getCause()) : this;
    }

    ErrorCode code() {
        return code;
    }

    /** The message, which is never absent here. */
    String text() {
        var message = getMessage();
        return message == null ? code.code() : message;
    }

    Optional<String> param() {
        return Optional.ofNullable(param);
    }

    /** Value of the Retry-After header. */
    OptionalInt retryAfterSeconds() {
        return retryAfterSeconds == 0 ? OptionalInt.empty() : OptionalInt.of(retryAfterSeconds);
    }

    /** Value of the Allow header. */
    Optional<String> allow() {
        return Optional.ofNullable(allow);
    }

    /** The body: {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}. */
    ObjectNode body() {
        return body(code, text(), param);
    }

    /** The body of an error that never was an exception. */
    static ObjectNode body(ErrorCode code, String message, @Nullable String param) {
        var body = JsonNodeFactory.instance.objectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", code.type())
                .put("param", param)
                .put("code", code.code());
        return body;
    }
}
