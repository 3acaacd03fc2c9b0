package omni.bus;

/** How types of an interface are declared, read, written and copied in Java. */
final class JavaType {
    private static final String WIRE = "omni.bus.Wire";

    private JavaType() {}

    /** The type without option, array and dictionary around it. */
    static Idl.Type innermost(Idl.Type type) {
        return switch (type) {
            case Idl.Maybe maybe -> innermost(maybe.element());
            case Idl.Array array -> innermost(array.element());
            case Idl.Dictionary dictionary -> innermost(dictionary.element());
            case Idl.Scalar _, Idl.Named _, Idl.Struct _, Idl.Choice _ -> type;
        };
    }

    static boolean isPrimitive(Idl.Type type) {
        return type == Idl.Scalar.BOOL || type == Idl.Scalar.INT || type == Idl.Scalar.FLOAT;
    }

    /** The type of a component; {@code inner} names what has no name of its own. */
    static String declared(Idl.Type type, String inner) {
        return switch (type) {
            case Idl.Scalar scalar when isPrimitive(scalar) -> primitive(scalar);
            case Idl.Maybe maybe -> "@Nullable " + boxed(maybe.element(), inner);
            case Idl.Scalar _, Idl.Named _, Idl.Array _, Idl.Dictionary _, Idl.Struct _, Idl.Choice _ ->
                boxed(type, inner);
        };
    }

    private static String primitive(Idl.Scalar scalar) {
        return switch (scalar) {
            case BOOL -> "boolean";
            case INT -> "long";
            case FLOAT -> "double";
            case STRING, OBJECT -> throw new IllegalArgumentException("Not a primitive type");
        };
    }

    private static String boxed(Idl.Type type, String inner) {
        return switch (type) {
            case Idl.Scalar.BOOL -> "Boolean";
            case Idl.Scalar.INT -> "Long";
            case Idl.Scalar.FLOAT -> "Double";
            case Idl.Scalar.STRING -> "String";
            case Idl.Scalar.OBJECT -> "JsonNode";
            case Idl.Named named -> JavaNames.type(named.name(), named.line());
            case Idl.Array array -> "List<" + boxed(array.element(), inner) + ">";
            case Idl.Dictionary dictionary -> "Map<String, " + boxed(dictionary.element(), inner) + ">";
            case Idl.Maybe maybe -> boxed(maybe.element(), inner);
            case Idl.Struct _, Idl.Choice _ -> inner;
        };
    }

    /** An expression that reads it. */
    static String reader(Idl.Type type, String inner) {
        return switch (type) {
            case Idl.Scalar scalar -> WIRE + "::read" + verb(scalar);
            case Idl.Array array -> WIRE + ".readList(" + reader(array.element(), inner) + ")";
            case Idl.Dictionary dictionary -> WIRE + ".readMap(" + reader(dictionary.element(), inner) + ")";
            case Idl.Maybe maybe -> reader(maybe.element(), inner);
            case Idl.Named _, Idl.Struct _, Idl.Choice _ -> boxed(type, inner) + "::fromJson";
        };
    }

    /** An expression that writes it. */
    static String writer(Idl.Type type, String inner) {
        return switch (type) {
            case Idl.Scalar scalar -> WIRE + "::write" + verb(scalar);
            case Idl.Array array -> WIRE + ".writeList(" + writer(array.element(), inner) + ")";
            case Idl.Dictionary dictionary -> WIRE + ".writeMap(" + writer(dictionary.element(), inner) + ")";
            case Idl.Maybe maybe -> writer(maybe.element(), inner);
            case Idl.Named _, Idl.Struct _, Idl.Choice _ -> boxed(type, inner) + "::toJson";
        };
    }

    private static String verb(Idl.Scalar scalar) {
        return switch (scalar) {
            case BOOL -> "Bool";
            case INT -> "Int";
            case FLOAT -> "Float";
            case STRING -> "String";
            case OBJECT -> "Object";
        };
    }

    /** An expression that copies a value which is not null; the value itself where nothing can change it. */
    static String copy(Idl.Type type, String value) {
        return switch (type) {
            case Idl.Array _ -> "List.copyOf(" + value + ")";
            case Idl.Dictionary _ -> WIRE + ".copy(" + value + ")";
            case Idl.Maybe maybe -> copy(maybe.element(), value);
            case Idl.Scalar _, Idl.Named _, Idl.Struct _, Idl.Choice _ -> value;
        };
    }
}
