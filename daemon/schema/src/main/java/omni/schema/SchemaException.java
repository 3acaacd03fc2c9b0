package omni.schema;

import java.io.Serial;
import java.util.OptionalInt;

/** A schema that cannot be honoured: which keyword, where, and what to do about it. */
public final class SchemaException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String pointer;
    private final String keyword;
    private int index = -1;

    SchemaException(String pointer, String keyword, String what) {
        super(what);
        this.pointer = pointer;
        this.keyword = keyword;
    }

    /**
     * Where the schema stands that has the keyword.
     *
     * @return a JSON pointer as the fragment of an address (RFC 6901, section 6), {@code #} for the whole schema
     */
    public String pointer() {
        return pointer;
    }

    /** The same, with the place of the schema among several. */
    SchemaException of(int schema) {
        index = schema;
        return this;
    }

    /**
     * Which of several schemas it is.
     *
     * @return its place, from 0; empty where there is one alone, or where all of them together are at fault
     */
    public OptionalInt index() {
        return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
    }

    /**
     * The keyword that cannot be honoured.
     *
     * @return its name; empty where no single one is at fault
     */
    public String keyword() {
        return keyword;
    }
}
