package omni.engine;

import java.util.List;

/**
 * What an answer may be.
 *
 * @param gbnf a grammar, in llama.cpp's notation
 * @param triggers texts behind the first of which it holds; none where it does from the beginning on
 * @param required whether an answer is of no use that is not held to it; so it always is without triggers
 */
record Form(String gbnf, List<String> triggers, boolean required) {
    static final int GRAMMAR_LENGTH_MAX = 256 * 1024;
    static final int TRIGGERS_MAX = 4;
    static final int TRIGGER_LENGTH_MAX = 64;

    /** The rule that an answer follows. */
    static final String ROOT = "root";

    /**
     * Checks what can be checked without a model.
     *
     * @throws EngineException.Invalid naming the parameter that is out of its bounds
     */
    void check() {
        if (gbnf.isEmpty() || gbnf.length() > GRAMMAR_LENGTH_MAX) {
            throw new EngineException.Invalid("grammar", "A grammar has 1 to 262144 characters.");
        }
        if (triggers.size() > TRIGGERS_MAX) {
            throw new EngineException.Invalid("grammarTriggers", "Give at most 4 triggers.");
        }
        if (triggers.stream().anyMatch(one -> one.isEmpty() || one.length() > TRIGGER_LENGTH_MAX)) {
            throw new EngineException.Invalid("grammarTriggers", "A trigger has 1 to 64 characters.");
        }
    }

    /** Whether everything is allowed until a trigger has come. */
    boolean isLazy() {
        return !triggers.isEmpty();
    }

    /** Whether a library without grammars may leave it out. */
    boolean mayBeLeftOut() {
        return isLazy() && !required;
    }
}
