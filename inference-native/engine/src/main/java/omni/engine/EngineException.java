package omni.engine;

import java.util.List;

/**
 * Why the engine does not do what it was asked, one subclass an answer on the bus. Texts are static; what varies is in
 * the fields, so that a message never carries a prompt.
 */
abstract sealed class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private EngineException(String message) {
        super(message);
    }

    /** A parameter outside its bounds; {@code hint} says what would do. */
    static final class Invalid extends EngineException {
        private static final long serialVersionUID = 1;
        final String parameter;
        final String hint;

        Invalid(String parameter, String hint) {
            super("A parameter is out of its bounds.");
            this.parameter = parameter;
            this.hint = hint;
        }
    }

    /** No model in the store has this id, name or beginning of an id. */
    static final class NoSuchModel extends EngineException {
        private static final long serialVersionUID = 1;
        final String model;
        final transient List<String> available;

        NoSuchModel(String model, List<String> available) {
            super("No such model.");
            this.model = model;
            this.available = List.copyOf(available);
        }
    }

    /** The prompt leaves no room for an answer, or an input is longer than one embedding takes. */
    static final class PromptTooLong extends EngineException {
        private static final long serialVersionUID = 1;
        final int promptTokens;
        final int contextTokens;
        /** Whether the prompt's tokens were not counted: there are no fewer than these. */
        final boolean atLeast;

        PromptTooLong(int promptTokens, int contextTokens, boolean atLeast) {
            super("The prompt is longer than the context.");
            this.promptTokens = promptTokens;
            this.contextTokens = contextTokens;
            this.atLeast = atLeast;
        }
    }

    /** Every place is taken, in the decode loop and in the queue, or every one that a key may have. */
    static final class Busy extends EngineException {
        private static final long serialVersionUID = 1;
        final int retryAfterSeconds;
        /** Whether it is the key's own requests that are too many. */
        final boolean keyFull;

        Busy(int retryAfterSeconds, boolean keyFull) {
            super("The engine is busy.");
            this.retryAfterSeconds = retryAfterSeconds;
            this.keyFull = keyFull;
        }
    }

    /** The deadline passed before the answer was begun. */
    static final class Expired extends EngineException {
        private static final long serialVersionUID = 1;

        Expired() {
            super("The deadline has passed.");
        }
    }

    /** The model's file could not be loaded. */
    static final class LoadFailed extends EngineException {
        private static final long serialVersionUID = 1;
        final String model;
        final String reason;

        LoadFailed(String model, String reason) {
            super("The model could not be loaded.");
            this.model = model;
            this.reason = reason;
        }
    }

    /** Something holds the model, so that it cannot be removed; {@code by} says what. */
    static final class InUse extends EngineException {
        private static final long serialVersionUID = 1;
        final String model;
        final transient List<String> by;

        InUse(String model, List<String> by) {
            super("The model is in use.");
            this.model = model;
            this.by = List.copyOf(by);
        }
    }

    /** The engine cannot do this, and will not on another try: its surroundings are broken. */
    static final class Unusable extends EngineException {
        private static final long serialVersionUID = 1;
        final String reason;

        Unusable(String reason) {
            super("The engine cannot work.");
            this.reason = reason;
        }
    }

    /** The work was accepted and then ended by the engine; {@code reason} says why. */
    static final class Failed extends EngineException {
        private static final long serialVersionUID = 1;
        final String reason;

        Failed(String reason) {
            super("The engine ended the request.");
            this.reason = reason;
        }
    }
}
