package omni.engine;

import java.util.regex.Pattern;
import omni.engine.EngineProtocol.Priority;
import org.jspecify.annotations.Nullable;

/**
 * Who asks. The engine knows an API key by its id alone: the first digits of its hash, neither its text nor its name.
 *
 * @param key the id of the API key; {@link #OWNER_KEY} for who comes by the bus and not by HTTP
 * @param priority how urgent the request is
 */
record Caller(String key, Priority priority) {
    /** No key's id, for those have digits only. */
    static final String OWNER_KEY = "owner";

    static final Caller OWNER = new Caller(OWNER_KEY, Priority.INTERACTIVE);

    private static final Pattern ID = Pattern.compile("[0-9a-f]{12}");

    /**
     * Returns who a call says it is from.
     *
     * @throws EngineException.Invalid if the key's id is none
     */
    static Caller of(EngineProtocol.@Nullable Caller given) {
        if (given == null) {
            return OWNER;
        }
        if (!ID.matcher(given.key()).matches()) {
            throw new EngineException.Invalid("caller.key", "A key's id has 12 lower-case hexadecimal digits.");
        }
        return new Caller(given.key(), given.priority());
    }

    private boolean isOwner() {
        return key.equals(OWNER_KEY);
    }

    /** The key's id as the bus has it: nothing for the owner. */
    @Nullable
    String wireKey() {
        return isOwner() ? null : key;
    }
}
