package omni.engine;

import java.util.EnumMap;
import java.util.Map;
import omni.engine.EngineProtocol.Priority;

/**
 * How long a class lets more urgent ones go before it: when they have computed {@value #TOKENS} tokens since its last
 * turn, the next turn is its own. So the least urgent one, too, always has its part, of however much there is.
 *
 * <p>For one thread at a time.
 */
final class Patience {
    static final int TOKENS = 4096;

    private final Map<Priority, Long> passed = new EnumMap<>(Priority.class);

    /** More urgent ones have computed so many tokens while the class waited. */
    void pass(Priority waiting, long tokens) {
        passed.merge(waiting, tokens, Long::sum);
    }

    /** The class has had its turn, or wants none. */
    void reset(Priority priority) {
        passed.remove(priority);
    }

    boolean isOver(Priority priority) {
        return passed.getOrDefault(priority, 0L) >= TOKENS;
    }
}
