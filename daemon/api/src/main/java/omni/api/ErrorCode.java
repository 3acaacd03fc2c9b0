package omni.api;

/**
 * Every way in which the API refuses or fails, with the HTTP status, the type and the code of OpenAI's error object.
 *
 * <p>docs/api.md explains each one to users; a test keeps the two together.
 */
enum ErrorCode {
    /** The body is not JSON: wrong syntax, bad UTF-8, a name twice, too deep. */
    INVALID_JSON(400, Kind.INVALID_REQUEST, "invalid_json"),
    /** A value has the wrong JSON type. */
    INVALID_TYPE(400, Kind.INVALID_REQUEST, "invalid_type"),
    /** A value is out of its bounds. */
    INVALID_VALUE(400, Kind.INVALID_REQUEST, "invalid_value"),
    /** A value that must be there is not. */
    MISSING_PARAMETER(400, Kind.INVALID_REQUEST, "missing_required_parameter"),
    /** A field of OpenAI's API that would change the answer and that Omni cannot honour. */
    UNSUPPORTED_PARAMETER(400, Kind.INVALID_REQUEST, "unsupported_parameter"),
    /** The response to go on from is not there. */
    PREVIOUS_RESPONSE_NOT_FOUND(400, Kind.INVALID_REQUEST, "previous_response_not_found"),
    /** Prompt and answer do not fit into the model's context. */
    CONTEXT_LENGTH_EXCEEDED(400, Kind.INVALID_REQUEST, "context_length_exceeded"),
    /** The model's own chat template refuses these messages. */
    TEMPLATE_REFUSED(400, Kind.INVALID_REQUEST, "template_refused"),
    /** Not HTTP/1.1 as the standards have it: request line, headers, framing. */
    INVALID_HTTP(400, Kind.INVALID_REQUEST, "invalid_http"),
    /** No key, or one that is not known. */
    INVALID_API_KEY(401, Kind.INVALID_REQUEST, "invalid_api_key"),
    /** The key's time is over. */
    KEY_EXPIRED(401, Kind.INVALID_REQUEST, "key_expired"),
    /** The Host header names a host that this box does not answer to. */
    HOST_NOT_ALLOWED(403, Kind.PERMISSION, "host_not_allowed"),
    /** The request comes from a web page that was not allowed to. */
    ORIGIN_NOT_ALLOWED(403, Kind.PERMISSION, "origin_not_allowed"),
    /** The vault's password is another one. */
    WRONG_PASSWORD(403, Kind.PERMISSION, "wrong_password"),
    /** This needs the owner's password, given moments ago by the same key. */
    STEP_UP_REQUIRED(403, Kind.PERMISSION, "step_up_required"),
    /** The key was made or changed while the vault was locked, and its owner has not accepted it. */
    KEY_NOT_ACCEPTED(403, Kind.PERMISSION, "key_not_accepted"),
    /** The key may not use this route. */
    ROUTE_NOT_ALLOWED(403, Kind.PERMISSION, "route_not_allowed"),
    /** The key may not use this model. */
    MODEL_NOT_ALLOWED(403, Kind.PERMISSION, "model_not_allowed"),
    /** Models are not fetched for programs here, or the source does not give this one to this box. */
    PULL_NOT_ALLOWED(403, Kind.PERMISSION, "pull_not_allowed"),
    /** The vault does not take this process for the daemon. */
    VAULT_DENIED(403, Kind.PERMISSION, "vault_denied"),
    /** No such route. */
    UNKNOWN_URL(404, Kind.INVALID_REQUEST, "unknown_url"),
    /** No such model on this box. */
    MODEL_NOT_FOUND(404, Kind.INVALID_REQUEST, "model_not_found"),
    /** No such conversation, item or memory. */
    NOT_FOUND(404, Kind.INVALID_REQUEST, "not_found"),
    /** The route is there, the method is not. */
    METHOD_NOT_ALLOWED(405, Kind.INVALID_REQUEST, "method_not_allowed"),
    /** The kill switch has nothing to cut off: no network is in its scope. */
    AIRGAP_WITHOUT_SCOPE(409, Kind.INVALID_REQUEST, "airgap_without_scope"),
    /** Nothing is fetched while the gap is closed. */
    AIRGAP_CLOSED(409, Kind.INVALID_REQUEST, "airgap_closed"),
    /** The store keeps this model, or has it under another name. */
    MODEL_HELD(409, Kind.INVALID_REQUEST, "model_held"),
    /** The vault does not do this as it stands: something is full, or there already. */
    VAULT_REFUSED(409, Kind.INVALID_REQUEST, "vault_refused"),
    /** The request did not arrive in time. */
    REQUEST_TIMEOUT(408, Kind.INVALID_REQUEST, "request_timeout"),
    /** The body is larger than the limit. */
    BODY_TOO_LARGE(413, Kind.INVALID_REQUEST, "body_too_large"),
    /** The body is not declared to be JSON. */
    UNSUPPORTED_MEDIA_TYPE(415, Kind.INVALID_REQUEST, "unsupported_media_type"),
    /** The vault is locked: a person must unlock it. */
    VAULT_LOCKED(423, Kind.INVALID_REQUEST, "vault_locked"),
    /** No vault has been made yet. */
    VAULT_ABSENT(423, Kind.INVALID_REQUEST, "vault_absent"),
    /** More at once than the box takes; Retry-After says when to come again. */
    RATE_LIMIT_EXCEEDED(429, Kind.RATE_LIMIT, "rate_limit_exceeded"),
    /** The key has had as many tokens as it may on this day; Retry-After says when the day turns. */
    TOKENS_PER_DAY_EXCEEDED(429, Kind.RATE_LIMIT, "tokens_per_day_exceeded"),
    /** A fault of this program; the log has it under the request id. */
    INTERNAL_ERROR(500, Kind.SERVER, "internal_error"),
    /** The model's file cannot be loaded, or its chat template cannot be read. */
    MODEL_UNUSABLE(500, Kind.SERVER, "model_unusable"),
    /** What is in the vault is not what was written. */
    VAULT_DAMAGED(500, Kind.SERVER, "vault_damaged"),
    /** The vault's disk or system did not do it. */
    VAULT_FAILED(500, Kind.SERVER, "vault_failed"),
    /** The source is out of reach, or sends something else than it promised. */
    PULL_FAILED(502, Kind.SERVER, "pull_failed"),
    /** The engine is not there at the moment or was lost on the way; Retry-After says when to come again. */
    ENGINE_UNAVAILABLE(503, Kind.SERVER, "engine_unavailable"),
    /** The process that fetches models does not start, or was lost on the way; Retry-After says when to come again. */
    FETCH_UNAVAILABLE(503, Kind.SERVER, "fetch_unavailable"),
    /** The kill switch's process is not there at the moment. */
    AIRGAP_UNAVAILABLE(503, Kind.SERVER, "airgap_unavailable"),
    /** The vault's process is not there at the moment. */
    VAULT_UNAVAILABLE(503, Kind.SERVER, "vault_unavailable"),
    /** The daemon is on its way out. */
    SERVER_STOPPING(503, Kind.SERVER, "server_stopping"),
    /** The request's own deadline passed before its answer was begun. */
    DEADLINE_EXCEEDED(504, Kind.SERVER, "deadline_exceeded"),
    /** The answer took longer than the limit. */
    ANSWER_TIMEOUT(504, Kind.SERVER, "answer_timeout"),
    /** The disk or the memory is too small for the model. */
    INSUFFICIENT_STORAGE(507, Kind.SERVER, "insufficient_storage");

    private static final class Kind {
        static final String INVALID_REQUEST = "invalid_request_error";
        static final String PERMISSION = "permission_error";
        static final String RATE_LIMIT = "rate_limit_error";
        static final String SERVER = "server_error";

        private Kind() {}
    }

    private final int status;
    private final String type;
    private final String code;

    ErrorCode(int status, String type, String code) {
        this.status = status;
        this.type = type;
        this.code = code;
    }

    /** The HTTP status. */
    int status() {
        return status;
    }

    /** OpenAI's {@code type}. */
    String type() {
        return type;
    }

    /** OpenAI's {@code code}; stable. */
    String code() {
        return code;
    }
}
