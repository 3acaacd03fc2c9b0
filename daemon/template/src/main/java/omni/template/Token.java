package omni.template;

/**
 * A piece of a template's source.
 *
 * @param type what it is
 * @param text its text: of a string, what its escapes stand for; of an operator or name, itself
 * @param line counted from 1
 */
record Token(Type type, String text, int line) {
    /** Kinds of pieces. */
    enum Type {
        DATA,
        PRINT_BEGIN,
        PRINT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(String operator) {
        return type == Type.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return type == Type.NAME && text.equals(name);
    }
}
