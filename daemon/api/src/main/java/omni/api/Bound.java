package omni.api;

import java.util.List;

/**
 * What an answer may be.
 *
 * @param grammar as GBNF
 * @param triggers texts behind the first of which it holds; none where it does from the beginning on
 * @param required whether an answer that is not held to it is of no use; else an engine without grammars leaves it out
 * @param field of the request that asks for it
 */
record Bound(String grammar, List<String> triggers, boolean required, String field) {
    /** From the beginning on. */
    static Bound whole(String grammar, String field) {
        return new Bound(grammar, List.of(), true, field);
    }
}
