package omni.template;

import omni.template.TemplateException.Kind;

/** What one rendering has left of its {@link Limits}. Used by one thread. */
final class Budget {
    private long stepsLeft = Limits.STEPS_MAX;
    private long elementsLeft = Limits.ELEMENTS_MAX;
    private long charsLeft = Limits.TEXT_CHARS_TOTAL_MAX;
    private int depth;

    /** Takes one step. */
    void step() {
        steps(1);
    }

    /** Takes several steps at once. */
    void steps(long count) {
        stepsLeft -= count;
        if (stepsLeft < 0) {
            throw limit("The template takes too many steps. Shorten the conversation or use another model.");
        }
    }

    /** Takes the steps for looking at a text. */
    void look(String text) {
        steps(text.length() >> 4);
    }

    /** Takes the steps for searching one text in another; long needles cost what a naive search costs. */
    void search(String text, String needle) {
        steps((text.length() >> 4) * (1L + (needle.length() >> 6)));
    }

    /** Counts elements of a new list or object. */
    void elements(long count) {
        elementsLeft -= count;
        if (elementsLeft < 0) {
            throw limit("The template builds lists with too many elements. Use another model.");
        }
    }

    /** Counts references to elements that are there already. */
    void references(long count) {
        elements(1 + (count >> 3));
    }

    /** Counts a new text and returns it. */
    String made(String text) {
        chars(text.length());
        return text;
    }

    /** Counts the characters of a new text before it is made. */
    void chars(long count) {
        if (count > Limits.TEXT_CHARS_MAX) {
            throw limit("A text grows too long. Shorten the conversation.");
        }
        charsLeft -= count + Limits.TEXT_EXTRA_CHARS;
        if (charsLeft < 0) {
            throw limit("The template makes too much text. Shorten the conversation.");
        }
    }

    /** Goes one evaluation deeper; each call is matched by {@link #leave}. */
    void enter() {
        stepsLeft--;
        if (stepsLeft < 0) {
            steps(0);
        }
        if (++depth > Limits.DEPTH_MAX) {
            throw limit("The template nests too deeply while it runs. Use another model.");
        }
    }

    /** Comes back from {@link #enter}. */
    void leave() {
        depth--;
    }

    static TemplateException limit(String message) {
        return new TemplateException(Kind.LIMIT, message, 0);
    }

    /** Refuses values nested deeper than {@link Limits#VALUE_DEPTH_MAX}. */
    static void nesting(int depth) {
        if (depth > Limits.VALUE_DEPTH_MAX) {
            throw limit("Lists or objects nest too deeply. Send flatter messages and tools.");
        }
    }
}
