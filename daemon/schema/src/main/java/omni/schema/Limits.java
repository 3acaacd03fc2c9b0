package omni.schema;

/** What a schema may cost. Beyond each, a {@link SchemaException}. */
final class Limits {
    /** Schemas read, each boolean or object in a place for one. */
    static final int SCHEMAS = 4_000;

    /** Schemas within one another. */
    static final int DEPTH = 64;

    /** Properties of one object, and names that it requires. */
    static final int PROPERTIES = 1_000;

    /** Properties of one object that may be left out: each is one more way to go on. */
    static final int OPTIONAL_PROPERTIES = 200;

    /** Characters of a name of a property. */
    static final int NAME = 256;

    /** Characters of the names of all properties together, wherever they stand. */
    static final int NAMES = 64 * 1024;

    /** Characters of a $ref. */
    static final int REFERENCE = 4_096;

    /** Characters of the places, as JSON pointers, of all schemas together. */
    static final int PLACES = 1_000_000;

    /** Values of one enumeration. */
    static final int VALUES = 1_000;

    /** Schemas in one anyOf, oneOf, allOf or prefixItems, and the choices they come to together. */
    static final int ALTERNATIVES = 200;

    /** Schemas that lead to one another by $ref, or by what must be there. */
    static final int LEADS = 100;

    /** Items of an array, as minItems and maxItems. */
    static final int ITEMS = 1_000;

    /** Characters of a text, as minLength and maxLength. */
    static final int LENGTH = 10_000;

    /** Characters of a pattern. */
    static final int PATTERN = 1_000;

    /** Parentheses within one another in a pattern. */
    static final int PATTERN_DEPTH = 32;

    /** Repetitions in a pattern, as {n,m}. */
    static final int PATTERN_REPETITIONS = 1_000;

    /** States of the automaton of all that is said of one text. */
    static final int STATES = 2_000;

    /** Steps of all sorts for one schema; see {@link Budget}. */
    static final int STEPS = 2_000_000;

    /** Of these, what is kept for a row of values whose schemas come to more: it is written with any objects in their places. */
    static final int LOOSE_STEPS = STEPS / 4;

    /** Digits before the point. */
    static final int DIGITS = 18;

    /** Digits that tell two numbers apart when read as IEEE 754 binary64, as nearly everybody reads them. */
    static final int PRECISE_DIGITS = 15;

    /** Rules of the grammar. */
    static final int RULES = 10_000;

    /** Characters of the grammar; the engine's bound. */
    static final int GRAMMAR = 256 * 1024;

    /** Ways in which the grammar's rules can begin; half of what the engine takes. */
    static final int BEGINNINGS = 100_000;

    /** Rules that begin with one another; less than half of what the engine takes. */
    static final int CHAIN = 250;

    /** What repetitions blow the grammar up to; half of what the engine takes. */
    static final int ELEMENTS = 500_000;

    private Limits() {}
}
