package omni.dialogue;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a model writes a call, to the blank: as its chat template writes one that was made before.
 *
 * @param opening what stands between the mark {@code <tool_call>} and a function's name
 * @param middle between the name and the arguments
 * @param closing behind the arguments, the mark {@code </tool_call>} included
 * @param separator between two calls
 */
public record ToolFormat(String opening, String middle, String closing, String separator) {
    /** The mark that begins a call. */
    public static final String MARK = AnswerParser.CALL;

    /** The mark that begins thoughts. */
    public static final String THOUGHTS = AnswerParser.THINK;

    /** The mark that ends thoughts. */
    public static final String THOUGHTS_END = AnswerParser.THINK_END;

    /** The function of the calls that {@link #of} looks for; its only argument is {@link #PROBE_ARGUMENT}, which is 1. */
    public static final String PROBE = "omni_probe";

    /** See {@link #PROBE}. */
    public static final String PROBE_ARGUMENT = "probe";

    /* A tilde stands for white space. */
    private static final Pattern CALLS =
            Pattern.compile((MARK + "(~\\{~\"name\"~:~\")" + PROBE + "(\"~,~\"arguments\"~:~)" + "\\{~\""
                            + PROBE_ARGUMENT + "\"~:~1~\\}(~\\}~" + AnswerParser.CALL_END + ")(?:(~)" + MARK + ")?")
                    .replace("~", "\\s{0,16}"));

    /**
     * The format in which calls of the probe stand in a rendered conversation.
     *
     * @param rendered a conversation in which the assistant has called {@link #PROBE}, twice side by side where the
     *     template can write that
     * @return nothing where there is no call in the form of Hermes and Qwen models
     */
    public static Optional<ToolFormat> of(String rendered) {
        var found = CALLS.matcher(rendered);
        if (!found.find()) {
            return Optional.empty();
        }
        var separator = Optional.ofNullable(found.group(4)).orElse("\n");
        return Optional.of(new ToolFormat(found.group(1), found.group(2), found.group(3), separator));
    }

    /** What stands before a call's arguments, behind the mark. */
    public String before(String function) {
        return opening + function + middle;
    }
}
