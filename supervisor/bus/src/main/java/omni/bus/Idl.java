package omni.bus;

import java.util.List;

/**
 * An interface as its description declares it.
 *
 * @param name the full name, such as "omni.Engine"
 * @param doc the comment above it, empty if there is none
 * @param types the named types in their order
 * @param methods the methods in their order
 * @param errors the errors in their order
 */
record Idl(String name, String doc, List<TypeDef> types, List<Method> methods, List<Failure> errors) {

    /** A named type: its body is a {@link Struct} or a {@link Choice}. */
    record TypeDef(String name, String doc, int line, Type body) {}

    /** A method with its parameters and its reply. */
    record Method(String name, String doc, int line, Struct parameters, Struct reply) {}

    /** An error with its parameters. */
    record Failure(String name, String doc, int line, Struct parameters) {}

    /** A field of a struct. */
    record Field(String name, String doc, int line, Type type) {}

    /** What a field can be. */
    sealed interface Type {}

    /** The types that need no parameters. */
    enum Scalar implements Type {
        BOOL,
        INT,
        FLOAT,
        STRING,
        OBJECT
    }

    /** A reference to a named type. */
    record Named(String name, int line) implements Type {}

    /** A list of values of one type. */
    record Array(Type element) implements Type {}

    /** Values of one type by name. */
    record Dictionary(Type element) implements Type {}

    /** A value that may be absent or null. */
    record Maybe(Type element) implements Type {}

    /** Fields in their order. */
    record Struct(List<Field> fields) implements Type {}

    /** An enumeration: one of these words. */
    record Choice(List<String> words) implements Type {}
}
