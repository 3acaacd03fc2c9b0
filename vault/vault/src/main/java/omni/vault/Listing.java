package omni.vault;

import java.util.List;

/**
 * A part of a list.
 *
 * @param more whether there are further entries behind its last
 */
record Listing<T>(List<T> entries, boolean more) {
    Listing {
        entries = List.copyOf(entries);
    }

    /** Of rows that were read up to one past the limit. */
    static <T> Listing<T> of(List<T> rows, int limit) {
        return new Listing<>(rows.subList(0, Math.min(limit, rows.size())), rows.size() > limit);
    }
}
