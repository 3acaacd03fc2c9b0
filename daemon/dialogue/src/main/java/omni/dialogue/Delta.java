package omni.dialogue;

/** Some more of an answer: what came since the last one, in the order in which the model wrote it. */
public sealed interface Delta {
    /** Text for the reader. */
    record Content(String text) implements Delta {}

    /** What the model thinks before it answers. */
    record Reasoning(String text) implements Delta {}

    /**
     * A call begins.
     *
     * @param index of the call in the answer, from 0
     * @param function its name; one of those that may be called
     */
    record Call(int index, String function) implements Delta {}

    /**
     * Some more of a call's arguments.
     *
     * @param index of the call
     * @param text of a JSON object; all of a call's put together are the object, unless the answer was cut short
     */
    record Arguments(int index, String text) implements Delta {}
}
