package omni.measure;

/**
 * One kind of figure.
 *
 * @param id how programs know it; stable
 * @param title what it is, for people
 * @param unit of its values
 * @param step the measurement that gives it, as {@link Plan.Step#title} says
 * @param moreIsBetter or else less is
 */
record Metric(String id, String title, String unit, String step, boolean moreIsBetter) {
    private static final String RATE = "tokens/s";
    private static final String TIME = "ms";

    static final Metric DECODE = more("decode_tokens_per_second", "Writing one answer", RATE, "decode");
    static final Metric DECODE_GAP =
            less("decode_gap_worst_ms", "Writing one answer: longest wait between two pieces of text", TIME, "decode");
    static final Metric PREFILL = more("prefill_tokens_per_second", "Reading a prompt", RATE, "prefill");
    static final Metric FIRST_TOKEN =
            less("first_token_ms", "First piece of the answer to a short question", TIME, "first-token");
    static final Metric PREFIX_COLD =
            less("prefix_cold_first_token_ms", "First piece, a long prompt that is new", TIME, "prefix");
    static final Metric PREFIX_SAME =
            less("prefix_same_first_token_ms", "First piece, the same prompt again", TIME, "prefix");
    static final Metric PREFIX_CHANGED = less(
            "prefix_changed_first_token_ms",
            "First piece, the same prompt with another clock in line one",
            TIME,
            "prefix");
    static final Metric PREFIX_REUSED =
            more("prefix_changed_reused_percent", "Of that prompt, reused as the server says", "%", "prefix");
    static final Metric CONTENTION =
            more("contention_tokens_per_second", "Writing one answer beside a busy loop", RATE, "contention");
    static final Metric CONTENTION_LEFT =
            more("contention_loop_percent", "What each loop had of a processor meanwhile", "%", "contention");
    static final Metric SWAP = less("swap_first_token_ms", "First piece after a change of model", TIME, "swap");

    /** So many answers at once: tokens a second of all together. */
    static Metric together(Plan.Step step) {
        return more(
                "concurrency_" + step.streams() + "_tokens_per_second",
                step.streams() == 1 ? "1 answer, start to end" : step.streams() + " answers at once, all together",
                RATE,
                step.title());
    }

    /** So many answers at once: when the last of them began. */
    static Metric worstFirst(Plan.Step step) {
        return less(
                "concurrency_" + step.streams() + "_first_token_worst_ms",
                step.streams() == 1
                        ? "1 answer, its first piece"
                        : step.streams() + " answers at once, the latest first piece",
                TIME,
                step.title());
    }

    private static Metric more(String id, String title, String unit, String step) {
        return new Metric(id, title, unit, step, true);
    }

    private static Metric less(String id, String title, String unit, String step) {
        return new Metric(id, title, unit, step, false);
    }
}
