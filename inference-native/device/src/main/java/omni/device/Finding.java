package omni.device;

/**
 * What came of looking for something that not every machine has: absence is an answer, not an error.
 *
 * @param <T> what is looked for
 */
public sealed interface Finding<T> {
    /**
     * It is here.
     *
     * @param value what was found
     */
    record Found<T>(T value) implements Finding<T> {}

    /**
     * It is not here.
     *
     * @param why how that was seen, in one sentence
     */
    record Absent<T>(String why) implements Finding<T> {}

    /**
     * It is here but did not answer, or not in time.
     *
     * @param why what went wrong, in one sentence
     */
    record Failed<T>(String why) implements Finding<T> {}
}
