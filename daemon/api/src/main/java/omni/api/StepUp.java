package omni.api;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import java.util.Optional;

/**
 * What a dangerous call needs beside a key: the permit that the vault gave for the owner's password.
 *
 * @param session for which the permit was given: the id of the key that asked for it, so that no other key may use it
 */
record StepUp(String permit, String session) {
    private static final HeaderName HEADER = HeaderNames.create("Omni-Step-Up");

    /**
     * The one that came with a request; whether it is good is the vault's to say.
     *
     * @throws ApiError STEP_UP_REQUIRED where none came
     */
    static StepUp of(Exchange exchange) {
        return in(exchange).orElseThrow(StepUp::required);
    }

    /** The same of a call that is dangerous at times only; nothing where none came. */
    static Optional<StepUp> in(Exchange exchange) {
        return exchange.header(HEADER).map(sent -> new StepUp(sent, exchange.key()));
    }

    /** What is answered without one, or with one that is not good. */
    static ApiError required() {
        return ApiError.of(
                ErrorCode.STEP_UP_REQUIRED,
                "This needs the vault's password, given within the last minutes by the same key: POST it to /v1/vault/step-up"
                        + " and send what comes back in the header Omni-Step-Up.");
    }
}
