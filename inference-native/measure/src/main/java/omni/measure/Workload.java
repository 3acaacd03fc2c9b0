package omni.measure;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What can be measured. */
public enum Workload {
    /** One answer to a short question: tokens a second after the first. */
    DECODE,
    /** A prompt of an exact length that nobody has sent before: its tokens a second until the first piece of the answer. */
    PREFILL,
    /** A short question and one token: the time until it is here. */
    FIRST_TOKEN,
    /** Several answers at once: tokens a second of all together, and when the last of them began. */
    CONCURRENCY,
    /** A long prompt, sent again, and sent again with another clock in its first line: the time until the first piece. */
    PREFIX,
    /** One answer beside programs that never rest: tokens a second, and what is left to those programs. */
    CONTENTION,
    /** Two models that take turns: the time until the first piece. */
    SWAP;

    /** How it is written, such as "first-token". */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The workload that is written so.
     *
     * @throws MeasureException where there is none
     */
    public static Workload of(String word) {
        return Arrays.stream(values())
                .filter(w -> w.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new MeasureException(
                        MeasureException.Kind.INVALID,
                        "There is no measurement \"" + Texts.shortened(word, 40) + "\"; there is "
                                + List.of(values()).stream().map(Workload::word).collect(Collectors.joining(", "))
                                + "."));
    }
}
