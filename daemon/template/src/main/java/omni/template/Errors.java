package omni.template;

import omni.template.TemplateException.Kind;

/** The run-time errors that many operations share. Texts are static but for names from the template's own source. */
final class Errors {
    private Errors() {}

    static TemplateException runtime(String message) {
        return new TemplateException(Kind.RUNTIME, message, 0);
    }

    /** A use of something undefined, or an operation on the wrong kind of value. */
    static TemplateException type(Value value, String operation) {
        if (value instanceof Value.Undefined u) {
            return runtime(u.message() + ". The model's template needs it in the messages or variables.");
        }
        return runtime("A " + kind(value) + " cannot be " + operation
                + ". The model's template does not support these messages.");
    }

    /** A wrong number, value or name of arguments. */
    static TemplateException arguments(String function) {
        return runtime("The template calls " + function + " with wrong arguments. Correct the template.");
    }

    /** The name of a value's kind, as Python calls it. */
    static String kind(Value value) {
        return switch (value) {
            case Value.None n -> "None";
            case Value.Bool b -> "bool";
            case Value.Int i -> "int";
            case Value.Real r -> "float";
            case Value.Str s -> "str";
            case Value.Items i -> "list";
            case Value.Group g -> "tuple";
            case Value.Pairs p -> "dict";
            case Value.View v -> "dict view";
            case Value.Range r -> "range";
            case Value.Stream s -> "generator";
            case Value.Undefined u -> "undefined value";
            case Value.Namespace n -> "namespace";
            case Value.Function f -> "function";
            case Value.Member m -> "template object";
        };
    }
}
