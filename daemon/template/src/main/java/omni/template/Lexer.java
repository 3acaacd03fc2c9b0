package omni.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import omni.template.TemplateException.Kind;

/**
 * Cuts a template's source into tokens, with the white space rules chat templates rely on: {@code trim_blocks} and
 * {@code lstrip_blocks} are on, {@code -} and {@code +} at a tag override them, and the last newline is dropped.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control">Jinja, white space</a>
 */
final class Lexer {
    private static final String[] OPERATORS = {"//", "**", "==", "!=", ">=", "<="};
    private static final String SINGLE_OPERATORS = "+-/*%~[](){}><=.:|,;";

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private final Deque<Character> open = new ArrayDeque<>();
    private int at;
    private int line = 1;
    private boolean lineStarting = true;

    private Lexer(String source) {
        this.source = source;
    }

    /** Returns the tokens of a source, ending with one of type END; throws for anything that is no token. */
    static List<Token> tokens(String source) {
        if (source.length() > Limits.SOURCE_CHARS_MAX) {
            throw Budget.limit("The template's source is too long. Use another model.");
        }
        String text = source.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                data(source.substring(at));
                at = source.length();
                break;
            }
            char sign = sign(tag + 2);
            char kind = source.charAt(tag + 1);
            data(stripped(source.substring(at, tag), sign, kind != '{'));
            move(tag + (sign == ' ' ? 2 : 3));
            switch (kind) {
                case '#' -> comment();
                case '{' -> tag(Token.Type.PRINT_BEGIN, Token.Type.PRINT_END);
                default -> {
                    if (!raw()) {
                        tag(Token.Type.BLOCK_BEGIN, Token.Type.BLOCK_END);
                    }
                }
            }
        }
        tokens.add(new Token(Token.Type.END, "", line));
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private char sign(int index) {
        char c = index < source.length() ? source.charAt(index) : ' ';
        return c == '-' || c == '+' ? c : ' ';
    }

    /** The text before a tag, without what the tag's sign or {@code lstrip_blocks} takes away. */
    private String stripped(String text, char sign, boolean block) {
        if (sign == '-') {
            return Text.stripEnd(text);
        }
        if (sign != '+' && block) {
            int start = text.lastIndexOf('\n') + 1;
            if ((start > 0 || lineStarting) && Text.isBlank(text.substring(start))) {
                return text.substring(0, start);
            }
        }
        return text;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Token.Type.DATA, text, line));
        }
    }

    /** Moves to a place, counting lines. */
    private void move(int to) {
        for (int i = at; i < to; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        if (to > at) {
            lineStarting = source.charAt(to - 1) == '\n';
        }
        at = to;
    }

    private int skipSpace(int from) {
        int i = from;
        while (i < source.length() && Text.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    /** Where the text after a tag begins: a minus takes all space, otherwise a block takes one newline. */
    private int afterTag(char sign, int end, boolean trimNewline) {
        if (sign == '-') {
            return skipSpace(end);
        }
        return trimNewline && sign != '+' && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw error("A comment has no end. Close it with #}.");
        }
        char sign = end > at ? sign(end - 1) : ' ';
        move(afterTag(sign, end + 2, true));
    }

    /** Reads a raw section if one begins here. */
    private boolean raw() {
        int i = skipSpace(at);
        if (!source.startsWith("raw", i)) {
            return false;
        }
        i = skipSpace(i + 3);
        boolean minus = source.startsWith("-%}", i);
        if (!minus && !source.startsWith("%}", i)) {
            return false;
        }
        move(minus ? skipSpace(i + 3) : i + 2);
        for (int end = source.indexOf("{%", at); end >= 0; end = source.indexOf("{%", end + 2)) {
            char sign = sign(end + 2);
            int j = skipSpace(end + (sign == ' ' ? 2 : 3));
            if (!source.startsWith("endraw", j)) {
                continue;
            }
            j = skipSpace(j + 6);
            char last = sign(j);
            j += last == ' ' ? 0 : 1;
            if (source.startsWith("%}", j)) {
                data(stripped(source.substring(at, end), sign, true));
                move(afterTag(last, j + 2, true));
                return true;
            }
        }
        throw error("A raw section has no end. Close it with endraw.");
    }

    private void tag(Token.Type begin, Token.Type end) {
        tokens.add(new Token(begin, "", line));
        boolean block = end == Token.Type.BLOCK_END;
        String close = block ? "%}" : "}}";
        while (at < source.length()) {
            char c = source.charAt(at);
            if (open.isEmpty()) {
                char sign = c == '-' || (block && c == '+') ? c : ' ';
                int closeAt = sign == ' ' ? at : at + 1;
                if (source.startsWith(close, closeAt)) {
                    tokens.add(new Token(end, "", line));
                    move(afterTag(sign, closeAt + 2, block));
                    return;
                }
            }
            if (Text.isSpace(c)) {
                move(at + 1);
            } else {
                token(c);
            }
        }
        throw error("A tag has no end. Close it with %} or }}.");
    }

    private void token(char c) {
        if (isDigit(c)) {
            number();
        } else if (c == '\'' || c == '"') {
            string(c);
        } else if (isNamePart(source.codePointAt(at))) {
            name();
        } else {
            operator(c);
        }
    }

    private void name() {
        int i = at;
        while (i < source.length() && isNamePart(source.codePointAt(i))) {
            i += Character.charCount(source.codePointAt(i));
        }
        add(Token.Type.NAME, source.substring(at, i), i);
    }

    private void string(char quote) {
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            i += source.charAt(i) == '\\' ? 2 : 1;
        }
        if (i >= source.length()) {
            throw error("A string has no end. Close its quotes.");
        }
        add(Token.Type.STRING, Literals.unescape(source.substring(at + 1, i), line), i + 1);
    }

    private void number() {
        boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
        int end = afterDot ? -1 : Literals.floatEnd(source, at);
        if (end > 0) {
            add(Token.Type.FLOAT, source.substring(at, end).replace("_", ""), end);
        } else {
            int integerEnd = Literals.integerEnd(source, at);
            add(Token.Type.INTEGER, source.substring(at, integerEnd).replace("_", ""), integerEnd);
        }
    }

    private void operator(char c) {
        String operator = null;
        for (String candidate : OPERATORS) {
            if (source.startsWith(candidate, at)) {
                operator = candidate;
            }
        }
        if (operator == null) {
            if (SINGLE_OPERATORS.indexOf(c) < 0) {
                throw error("A character has no meaning inside a tag. Correct the template.");
            }
            operator = String.valueOf(c);
        }
        balance(c);
        add(Token.Type.OPERATOR, operator, at + operator.length());
    }

    private void balance(char c) {
        switch (c) {
            case '{' -> open.push('}');
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '}', ')', ']' -> {
                if (open.isEmpty() || open.pop() != c) {
                    throw error("Brackets do not match. Correct the template.");
                }
            }
            default -> {}
        }
    }

    private void add(Token.Type type, String text, int end) {
        tokens.add(new Token(type, text, line));
        move(end);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNamePart(int c) {
        return c == '_' || Character.isLetterOrDigit(c) || (c > 127 && Character.isUnicodeIdentifierPart(c));
    }

    private TemplateException error(String message) {
        return new TemplateException(Kind.SYNTAX, message, line);
    }
}
