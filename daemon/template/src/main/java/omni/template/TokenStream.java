package omni.template;

import java.util.List;
import omni.template.TemplateException.Kind;

/** The tokens of a template and the place where the parser is. */
final class TokenStream {
    private final List<Token> tokens;
    private int at;
    private int depth;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    /** The token after the current one. */
    Token ahead() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = current();
        if (token.type() != Token.Type.END) {
            at++;
        }
        return token;
    }

    boolean skipOperator(String operator) {
        boolean found = current().is(operator);
        if (found) {
            at++;
        }
        return found;
    }

    boolean skipName(String name) {
        boolean found = current().isName(name);
        if (found) {
            at++;
        }
        return found;
    }

    void expect(Token.Type type) {
        if (next().type() != type) {
            throw error("The tag ends too late or too early. Correct the template.");
        }
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw error("The template expects " + operator + " here. Correct it.");
        }
    }

    String expectName() {
        if (current().type() != Token.Type.NAME) {
            throw error("The template expects a name here. Correct it.");
        }
        return next().text();
    }

    /** Goes one level deeper; {@link #up} comes back. */
    void down() {
        down(1);
    }

    private void down(int levels) {
        depth += levels;
        if (depth > Limits.NESTING_MAX) {
            throw Budget.limit("The template nests too deeply. Use another model.");
        }
    }

    void up(int levels) {
        depth -= levels;
    }

    TemplateException error(String message) {
        return new TemplateException(Kind.SYNTAX, message, current().line());
    }
}
