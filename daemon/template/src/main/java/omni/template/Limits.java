package omni.template;

/**
 * Every bound of this module. A template comes with a model file, so it is as trustworthy as whoever made the file;
 * the messages come from a client. Neither may cost more than this: the worst rendering fits beside the rest of a
 * process with a heap of 96 MiB and stacks of 512 KiB, if one renders at a time.
 */
final class Limits {
    /** Characters of a template's source. The largest in circulation has about 20 000. */
    static final int SOURCE_CHARS_MAX = 256 * 1024;

    /** How deep expressions and statements nest in a source. */
    static final int NESTING_MAX = 200;

    /** How deep evaluation nests at run time, through expressions, statements and macros together. */
    static final int DEPTH_MAX = 400;

    /** How deep macros call macros, and recursive loops themselves. */
    static final int MACRO_DEPTH_MAX = 100;

    /** How deep lists and objects nest, in the variables or as the template builds them. */
    static final int VALUE_DEPTH_MAX = 200;

    /** Steps of one rendering: one an evaluated expression, an element visited, or 16 characters looked at. */
    static final long STEPS_MAX = 5_000_000;

    /** Elements that lists and objects made by one rendering may have together; eight of a copied list count as one. */
    static final long ELEMENTS_MAX = 400_000;

    /** Characters of the prompt, and of any one text on the way to it. */
    static final int TEXT_CHARS_MAX = 2 * 1024 * 1024;

    /** Characters of all texts made by one rendering, and {@link #TEXT_EXTRA_CHARS} for each. */
    static final long TEXT_CHARS_TOTAL_MAX = 16L * 1024 * 1024;

    /** What a text costs besides its characters. */
    static final int TEXT_EXTRA_CHARS = 32;

    /** Numbers in one {@code range()}; the sandbox of Python's Jinja has the same bound. */
    static final int RANGE_MAX = 100_000;

    /** Bits of an integer. */
    static final int INTEGER_BITS_MAX = 256;

    /** Digits of an integer written as text. */
    static final int INTEGER_DIGITS_MAX = 77;

    private Limits() {}
}
