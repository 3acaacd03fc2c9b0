package omni.gguf;

import java.util.Locale;

/**
 * A file that is no GGUF file, is damaged, or says something that llama.cpp would not survive.
 *
 * <p>The root of this module's exceptions. {@link #code} is stable; {@link #detail} holds what varies: a key, a
 * tensor's name, numbers. The texts are fixed.
 */
public final class GgufException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is wrong; the names are stable. */
    public enum Code {
        /** It does not begin with the four letters. */
        NOT_GGUF("It does not begin with GGUF.", "It is no model in that format."),
        /** A version that is not read. */
        VERSION("Its version is not 2 or 3.", "Convert the model again with a current tool."),
        /** Numbers are stored the other way round. */
        BIG_ENDIAN("It was written for big-endian machines.", "Convert the model for this machine."),
        /** It ends before what it announces. */
        CUT_SHORT("It ends before what it announces.", "It was cut short or is damaged: get it again."),
        /** A count or length past its bound. */
        TOO_LARGE("A length or count in it is past its bound.", "The file is damaged: get it again."),
        /** A key, name or string that breaks the format. */
        NAME("A name in it breaks the format.", "The file is damaged: get it again."),
        /** The same key or tensor twice. */
        DUPLICATE("It holds the same name twice.", "The file is damaged: get it again."),
        /** An unknown type, or one that is not allowed there. */
        TYPE("A value or tensor in it is of a type that is not allowed there.", "Convert the model again."),
        /** A tensor's shape, offset or size. */
        TENSOR("A tensor in it does not lie where it must.", "The file is damaged: get it again."),
        /** The alignment. */
        ALIGNMENT("Its alignment is not a power of two that can be mapped.", "Convert the model again."),
        /** It is not a model. */
        NOT_A_MODEL("It is not a whole model.", "It may be an adapter, a projector, or a vocabulary alone."),
        /** A number that describes the model is missing or out of its bounds. */
        SHAPE("A number that describes the model is missing or out of its bounds.", "Convert the model again."),
        /** The vocabulary. */
        VOCABULARY("Its vocabulary is damaged or unusable.", "Convert the model again."),
        /** Parts of a split model. */
        SPLIT("The parts of this split model do not belong together.", "Give all parts of one model.");

        private final String problem;
        private final String hint;

        Code(String problem, String hint) {
            this.problem = problem;
            this.hint = hint;
        }

        /** The name for programs: lower case with dashes. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Code code;
    private final String detail;

    GgufException(Code code, String detail) {
        super(code.problem, null, true, false);
        this.code = code;
        this.detail = detail;
    }

    /** What is wrong. */
    public Code code() {
        return code;
    }

    /** Where and with what numbers; printable, at most a few hundred characters. */
    public String detail() {
        return detail;
    }

    /** What to do about it. */
    public String hint() {
        return code.hint;
    }

    /** The problem, the detail and the hint in one line. */
    @Override
    public String getMessage() {
        var where = detail.isEmpty() ? "" : " (" + detail + ")";
        return code.problem.substring(0, code.problem.length() - 1) + where + ". " + code.hint;
    }
}
