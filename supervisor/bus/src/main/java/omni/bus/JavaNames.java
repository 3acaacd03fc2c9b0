package omni.bus;

import java.util.Locale;
import java.util.Set;

/** How names of an interface become names in Java. */
final class JavaNames {
    /** What generated code uses by simple name; an interface must not declare it. */
    private static final Set<String> TAKEN = Set.of(
            "Boolean",
            "BusError",
            "Client",
            "Double",
            "Handler",
            "JsonNode",
            "List",
            "Long",
            "Map",
            "Nullable",
            "Object",
            "Objects",
            "Override",
            "String");

    /** Words that Java keeps (JLS 3.9), its literals, and the underscore-free contextual ones that hurt as names. */
    private static final Set<String> KEYWORDS = Set.of(
            ("abstract assert boolean break byte case catch char class const continue default do double else enum"
                            + " extends final finally float for goto if implements import instanceof int interface long"
                            + " native new package private protected public return short static strictfp super switch"
                            + " synchronized this throw throws transient try void volatile while true false null")
                    .split(" "));

    /** What a record or an exception already has, and what records refuse. */
    private static final Set<String> METHODS_TAKEN = Set.of(
            "clone",
            "finalize",
            "fillInStackTrace",
            "getCause",
            "getClass",
            "getLocalizedMessage",
            "getMessage",
            "getStackTrace",
            "hashCode",
            "initCause",
            "name",
            "notify",
            "notifyAll",
            "parameters",
            "toJson",
            "toString",
            "wait");

    private static final Set<String> COMPONENTS_TAKEN =
            Set.of("clone", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toJson", "toString", "wait");

    private JavaNames() {}

    /** A class name: the member's own, refused where it would hide what generated code needs. */
    static String type(String member, int line) {
        if (TAKEN.contains(member)) {
            throw new IdlException(line, "\"" + member + "\" is a name that the generated code needs: choose another");
        }
        return member;
    }

    /** The name of a record's component. An underscore at the end never clashes: fields cannot end in one. */
    static String component(String field) {
        return COMPONENTS_TAKEN.contains(field) || KEYWORDS.contains(field) ? field + "_" : field;
    }

    /** The accessor of an error's field. */
    static String errorAccessor(String field) {
        return METHODS_TAKEN.contains(field) || KEYWORDS.contains(field) ? field + "_" : field;
    }

    /** "GetInfo" as the method "getInfo". */
    static String method(String member) {
        String lower = Character.toLowerCase(member.charAt(0)) + member.substring(1);
        return METHODS_TAKEN.contains(lower) || KEYWORDS.contains(lower) ? lower + "_" : lower;
    }

    /** "topP" as the tail "TopP" of a class name. */
    static String capital(String field) {
        return Character.toUpperCase(field.charAt(0)) + field.substring(1);
    }

    /** "promptTokens" as the constant "PROMPT_TOKENS". */
    static String constant(String word) {
        return word.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
    }

    /** "omni.Engine" as the class "EngineProtocol". */
    static String protocol(String interfaceName) {
        String last =
                interfaceName.substring(interfaceName.lastIndexOf('.') + 1).replace("-", "");
        return capital(last) + "Protocol";
    }
}
