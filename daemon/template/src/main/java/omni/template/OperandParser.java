package omni.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.template.Expression.Inputs;
import omni.template.Expression.Keyword;
import omni.template.Expression.Pair;

/** Reads what operators stand between: literals, variables, and what follows them: subscripts, calls, filters, tests. */
final class OperandParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final Set<String> names = new HashSet<>();

    OperandParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** The names of all variables read so far. A macro's parser empties it to learn what the macro reads. */
    Set<String> names() {
        return names;
    }

    private Expression expression() {
        return expressions.expression();
    }

    /** A literal, a variable, or something in brackets. */
    Expression primary() {
        Token token = tokens.current();
        return switch (token.type()) {
            case NAME -> name(tokens.next());
            case STRING -> strings();
            case INTEGER -> new Expression.Constant(new Value.Int(integer(tokens.next())));
            case FLOAT ->
                new Expression.Constant(
                        new Value.Real(Double.parseDouble(tokens.next().text())));
            case OPERATOR -> bracketed(token);
            case DATA, PRINT_BEGIN, PRINT_END, BLOCK_BEGIN, BLOCK_END, END ->
                throw tokens.error("The template expects an expression here. Correct it.");
        };
    }

    /** Strings side by side are one. */
    private Expression strings() {
        StringBuilder text = new StringBuilder();
        while (tokens.current().type() == Token.Type.STRING) {
            text.append(tokens.next().text());
        }
        return new Expression.Constant(Value.Str.of(text.toString()));
    }

    private Expression name(Token token) {
        return switch (token.text()) {
            case "true", "True" -> new Expression.Constant(Value.Bool.TRUE);
            case "false", "False" -> new Expression.Constant(Value.Bool.FALSE);
            case "none", "None" -> new Expression.Constant(Value.None.NONE);
            default -> {
                names.add(token.text());
                yield new Expression.Name(token.text(), token.line());
            }
        };
    }

    private BigInteger integer(Token token) {
        String text = token.text();
        if (text.length() > Limits.INTEGER_DIGITS_MAX) {
            throw tokens.error("The template has a number with too many digits. Correct it.");
        }
        if (text.length() > 2 && text.charAt(0) == '0') {
            int radix = switch (text.charAt(1)) {
                case 'x', 'X' -> 16;
                case 'o', 'O' -> 8;
                case 'b', 'B' -> 2;
                default -> 10;
            };
            return new BigInteger(text.substring(radix == 10 ? 0 : 2), radix);
        }
        return new BigInteger(text);
    }

    private Expression bracketed(Token token) {
        if (!token.is("(") && !token.is("[") && !token.is("{")) {
            throw tokens.error("The template expects an expression here. Correct it.");
        }
        tokens.next();
        tokens.down();
        Expression result;
        switch (token.text()) {
            case "(" -> {
                result = expressions.tuple(true, true);
                tokens.expectOperator(")");
            }
            case "[" -> result = new Expression.Items(list());
            default -> result = pairs(token.line());
        }
        tokens.up(1);
        return result;
    }

    private List<Expression> list() {
        List<Expression> items = new ArrayList<>();
        while (!tokens.current().is("]")) {
            items.add(expression());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator("]");
        return List.copyOf(items);
    }

    private Expression pairs(int line) {
        List<Pair> pairs = new ArrayList<>();
        while (!tokens.current().is("}")) {
            Expression key = expression();
            tokens.expectOperator(":");
            pairs.add(new Pair(key, expression()));
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator("}");
        return new Expression.Pairs(List.copyOf(pairs), line);
    }

    /** What follows a value directly: attributes, subscripts and calls. */
    Expression postfix(Expression start) {
        Expression result = start;
        int levels = 0;
        while (tokens.current().is(".")
                || tokens.current().is("[")
                || tokens.current().is("(")) {
            result = subscriptOrCall(result);
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return result;
    }

    private Expression subscriptOrCall(Expression object) {
        Token token = tokens.current();
        if (token.is("(")) {
            return new Expression.Call(object, inputs(), token.line());
        }
        tokens.next();
        if (token.is("[")) {
            return subscript(object, token.line());
        }
        Token name = tokens.next();
        if (name.type() == Token.Type.NAME) {
            return new Expression.Attribute(object, name.text(), name.line());
        }
        if (name.type() == Token.Type.INTEGER) {
            return new Expression.Item(object, new Expression.Constant(new Value.Int(integer(name))), name.line());
        }
        throw tokens.error("The template expects a name or a number after a dot. Correct it.");
    }

    private Expression subscript(Expression object, int line) {
        Optional<Expression> start = tokens.current().is(":") ? Optional.empty() : Optional.of(expression());
        if (tokens.skipOperator(":")) {
            Optional<Expression> stop = sliceEnd();
            Optional<Expression> step = tokens.skipOperator(":") ? sliceEnd() : Optional.empty();
            tokens.expectOperator("]");
            return new Expression.Slice(object, start, stop, step, line);
        }
        List<Expression> keys = new ArrayList<>();
        start.ifPresent(keys::add);
        while (tokens.skipOperator(",")) {
            keys.add(expression());
        }
        tokens.expectOperator("]");
        Expression key = keys.size() == 1 ? keys.getFirst() : new Expression.Group(List.copyOf(keys));
        return new Expression.Item(object, key, line);
    }

    private Optional<Expression> sliceEnd() {
        return tokens.current().is(":") || tokens.current().is("]") ? Optional.empty() : Optional.of(expression());
    }

    /** What follows a value with its attributes: filters and tests, and calls of what they give. */
    Expression filtersAndTests(Expression start) {
        Expression result = start;
        int levels = 0;
        while (true) {
            Token token = tokens.current();
            if (token.is("|")) {
                result = new Expression.Filtered(result, filter());
            } else if (token.isName("is")) {
                result = test(result);
            } else if (token.is("(")) {
                result = new Expression.Call(result, inputs(), token.line());
            } else {
                tokens.up(levels);
                return result;
            }
            tokens.down();
            levels++;
        }
    }

    /** A filter with the bar before it. */
    Expression.Filter filter() {
        tokens.expectOperator("|");
        return filterName();
    }

    /** A filter without the bar before it. */
    Expression.Filter filterName() {
        int line = tokens.current().line();
        String name = dottedName();
        return new Expression.Filter(name, tokens.current().is("(") ? inputs() : Inputs.NONE, line);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(tokens.expectName());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.expectName());
        }
        return name.toString();
    }

    private Expression test(Expression target) {
        int line = tokens.next().line();
        boolean negated = tokens.skipName("not");
        String name = dottedName();
        Expression test = new Expression.Test(target, name, testInputs(), line);
        return negated ? new Expression.Not(test) : test;
    }

    private Inputs testInputs() {
        Token token = tokens.current();
        if (token.is("(")) {
            return inputs();
        }
        boolean operand = switch (token.type()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !(token.isName("else") || token.isName("or") || token.isName("and"));
            case OPERATOR -> token.is("[") || token.is("{");
            case DATA, PRINT_BEGIN, PRINT_END, BLOCK_BEGIN, BLOCK_END, END -> false;
        };
        if (!operand) {
            return Inputs.NONE;
        }
        if (token.isName("is")) {
            throw tokens.error("Tests cannot be chained. Put the first in parentheses.");
        }
        return new Inputs(List.of(postfix(primary())), List.of(), Optional.empty(), Optional.empty());
    }

    /** What a call is given, parentheses included. */
    Inputs inputs() {
        tokens.expectOperator("(");
        tokens.down();
        List<Expression> positional = new ArrayList<>();
        List<Keyword> named = new ArrayList<>();
        Optional<Expression> allPositional = Optional.empty();
        Optional<Expression> allNamed = Optional.empty();
        while (!tokens.current().is(")")) {
            if (allNamed.isPresent()) {
                throw tokens.error("Nothing can follow the ** of a call. Correct the template.");
            } else if (tokens.skipOperator("**")) {
                allNamed = Optional.of(expression());
            } else if (allPositional.isEmpty() && tokens.skipOperator("*")) {
                allPositional = Optional.of(expression());
            } else if (tokens.current().type() == Token.Type.NAME
                    && tokens.ahead().is("=")) {
                String name = tokens.next().text();
                tokens.next();
                named.add(new Keyword(name, expression()));
            } else if (named.isEmpty() && allPositional.isEmpty()) {
                positional.add(expression());
            } else {
                throw tokens.error("A value without a name follows one with a name. Correct the template.");
            }
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(")");
        tokens.up(1);
        return new Inputs(List.copyOf(positional), List.copyOf(named), allPositional, allNamed);
    }
}
