package omni.bus;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads an interface description, by the grammar of varlink.org/Interface-Definition.
 *
 * <p>Two things the grammar allows are refused, because Java types here hold no nulls and systemd's parser knows
 * neither: "?" inside an array or dictionary, and an array or dictionary directly inside another.
 */
final class IdlParser {
    static final int TEXT_CHARS_MAX = 1 << 20;
    static final int NESTING_MAX = 32;

    private final IdlLexer lexer;
    private final Set<String> members = new HashSet<>();
    private final Set<String> typeNames = new HashSet<>();
    private final List<Idl.Named> references = new ArrayList<>();

    private IdlParser(String text) {
        lexer = new IdlLexer(text);
    }

    /**
     * The interface that the text describes.
     *
     * @throws IdlException naming line and fault
     */
    static Idl parse(String text) {
        if (text.length() > TEXT_CHARS_MAX) {
            throw new IdlException(1, "The description is over " + TEXT_CHARS_MAX + " characters: split it");
        }
        return new IdlParser(text).parse();
    }

    private Idl parse() {
        String doc = lexer.doc();
        lexer.expect("interface");
        String name = lexer.interfaceName();
        var types = new ArrayList<Idl.TypeDef>();
        var methods = new ArrayList<Idl.Method>();
        var errors = new ArrayList<Idl.Failure>();
        while (!lexer.atEnd()) {
            String memberDoc = lexer.doc();
            int line = lexer.line();
            String kind = lexer.take();
            switch (kind) {
                case "type" -> types.add(typeDef(memberDoc, line));
                case "method" -> methods.add(method(memberDoc, line));
                case "error" -> errors.add(new Idl.Failure(memberName(line), memberDoc, line, struct(1)));
                default -> throw new IdlException(line, "Expected type, method or error, found \"" + kind + "\"");
            }
        }
        for (Idl.Named reference : references) {
            if (!typeNames.contains(reference.name())) {
                throw new IdlException(reference.line(), "There is no type \"" + reference.name() + "\"");
            }
        }
        return new Idl(name, doc, List.copyOf(types), List.copyOf(methods), List.copyOf(errors));
    }

    private Idl.TypeDef typeDef(String doc, int line) {
        String name = memberName(line);
        typeNames.add(name);
        return new Idl.TypeDef(name, doc, line, parenthesised(1));
    }

    private Idl.Method method(String doc, int line) {
        String name = memberName(line);
        Idl.Struct parameters = struct(1);
        lexer.expect("->");
        return new Idl.Method(name, doc, line, parameters, struct(1));
    }

    private String memberName(int line) {
        String name = lexer.take();
        if (!IdlLexer.isMemberName(name)) {
            throw new IdlException(line, "\"" + name + "\" is no member name: use a capital, then letters and digits");
        }
        if (!members.add(name)) {
            throw new IdlException(line, "\"" + name + "\" is there twice: members share one namespace");
        }
        return name;
    }

    private Idl.Struct struct(int depth) {
        int line = lexer.line();
        return switch (parenthesised(depth)) {
            case Idl.Struct struct -> struct;
            case Idl.Choice _ -> throw new IdlException(line, "Expected fields with types, found an enumeration");
            case Idl.Type _ -> throw new IdlException(line, "Expected fields in parentheses");
        };
    }

    /** A struct or an enumeration: only the token after the first name tells which. */
    private Idl.Type parenthesised(int depth) {
        if (depth > NESTING_MAX) {
            throw new IdlException(lexer.line(), "Types nest deeper than " + NESTING_MAX + ": name the inner ones");
        }
        lexer.expect("(");
        if (lexer.accept(")")) {
            return new Idl.Struct(List.of());
        }
        String doc = lexer.doc();
        int line = lexer.line();
        String first = fieldName(line);
        return lexer.peek().equals(":") ? fields(doc, line, first, depth) : words(first);
    }

    private Idl.Struct fields(String firstDoc, int firstLine, String firstName, int depth) {
        var fields = new ArrayList<Idl.Field>();
        var names = new HashSet<String>();
        String doc = firstDoc;
        int line = firstLine;
        String name = firstName;
        while (true) {
            if (!names.add(name)) {
                throw new IdlException(line, "Field \"" + name + "\" is there twice");
            }
            lexer.expect(":");
            fields.add(new Idl.Field(name, doc, line, type(depth)));
            if (!lexer.accept(",")) {
                lexer.expect(")");
                return new Idl.Struct(List.copyOf(fields));
            }
            doc = lexer.doc();
            line = lexer.line();
            name = fieldName(line);
        }
    }

    private Idl.Choice words(String first) {
        var words = new ArrayList<String>();
        words.add(first);
        while (lexer.accept(",")) {
            int line = lexer.line();
            String word = fieldName(line);
            if (words.contains(word)) {
                throw new IdlException(line, "\"" + word + "\" is there twice");
            }
            words.add(word);
        }
        lexer.expect(")");
        return new Idl.Choice(List.copyOf(words));
    }

    private String fieldName(int line) {
        String name = lexer.take();
        if (!IdlLexer.isFieldName(name)) {
            throw new IdlException(line, "\"" + name + "\" is no field name: use letters, digits, single underscores");
        }
        return name;
    }

    private Idl.Type type(int depth) {
        return lexer.accept("?") ? new Idl.Maybe(container(depth)) : container(depth);
    }

    private Idl.Type container(int depth) {
        if (!lexer.accept("[")) {
            return plain(depth);
        }
        boolean dictionary = lexer.accept("string");
        lexer.expect("]");
        if (lexer.peek().equals("?") || lexer.peek().equals("[")) {
            throw new IdlException(lexer.line(), "An array holds neither nulls nor arrays here: name a type for it");
        }
        Idl.Type element = plain(depth);
        return dictionary ? new Idl.Dictionary(element) : new Idl.Array(element);
    }

    private Idl.Type plain(int depth) {
        if (lexer.peek().equals("(")) {
            return parenthesised(depth + 1);
        }
        int line = lexer.line();
        String word = lexer.take();
        return switch (word) {
            case "bool" -> Idl.Scalar.BOOL;
            case "int" -> Idl.Scalar.INT;
            case "float" -> Idl.Scalar.FLOAT;
            case "string" -> Idl.Scalar.STRING;
            case "object", "any" -> Idl.Scalar.OBJECT;
            default -> {
                if (!IdlLexer.isMemberName(word)) {
                    throw new IdlException(line, "\"" + word + "\" is no type");
                }
                var named = new Idl.Named(word, line);
                references.add(named);
                yield named;
            }
        };
    }
}
