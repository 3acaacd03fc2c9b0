package omni.api;

import java.util.List;

/**
 * What an answer may be.
 *
 * @param grammar as GBNF
 * @param triggers texts behind the first of which it holds; none where it does from the beginning on
 */
record Bound(String grammar, List<String> triggers) {
    /** From the beginning on. */
    static Bound whole(String grammar) {
        return new Bound(grammar, List.of());
    }
}
