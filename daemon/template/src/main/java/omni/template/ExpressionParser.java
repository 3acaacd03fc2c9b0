package omni.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.template.Expression.Operand;

/**
 * Reads expressions, with the precedence and the quirks of Jinja's own parser: {@code **} binds to the left, filters and
 * tests bind tighter than any operator, and a sign binds before a filter.
 */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> SUMS = Set.of("+", "-");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    private final TokenStream tokens;
    private final OperandParser operands;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
        this.operands = new OperandParser(tokens, this);
    }

    /** What reads operands, filters and calls. */
    OperandParser operands() {
        return operands;
    }

    /** An expression, or a tuple of several without parentheses. */
    Expression tuple(boolean choices) {
        return tuple(choices, false);
    }

    /** The same; {@code parentheses} are around it, so that it may be empty. */
    Expression tuple(boolean choices, boolean parentheses) {
        List<Expression> items = new ArrayList<>();
        boolean several = false;
        while (!atTupleEnd()) {
            items.add(choices ? expression() : or());
            if (!tokens.skipOperator(",")) {
                break;
            }
            several = true;
        }
        if (several || (parentheses && items.isEmpty())) {
            return new Expression.Group(List.copyOf(items));
        }
        if (items.isEmpty()) {
            throw tokens.error("The template expects an expression here. Correct it.");
        }
        return items.getFirst();
    }

    private boolean atTupleEnd() {
        Token token = tokens.current();
        return switch (token.type()) {
            case PRINT_END, BLOCK_END, END -> true;
            case OPERATOR -> token.is(")");
            case NAME -> token.isName("recursive");
            case DATA, PRINT_BEGIN, BLOCK_BEGIN, STRING, INTEGER, FLOAT -> false;
        };
    }

    /** An expression, which may be a choice by {@code if}. */
    Expression expression() {
        tokens.down();
        int levels = 1;
        Expression result = or();
        while (tokens.skipName("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = tokens.skipName("else") ? Optional.of(expression()) : Optional.empty();
            result = new Expression.Choice(condition, result, otherwise);
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return result;
    }

    private Expression or() {
        Expression left = and();
        int levels = 0;
        while (tokens.skipName("or")) {
            left = new Expression.Or(left, and());
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return left;
    }

    private Expression and() {
        Expression left = not();
        int levels = 0;
        while (tokens.skipName("and")) {
            left = new Expression.And(left, not());
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return left;
    }

    private Expression not() {
        if (!tokens.skipName("not")) {
            return comparison();
        }
        tokens.down();
        Expression operand = not();
        tokens.up(1);
        return new Expression.Not(operand);
    }

    private Expression comparison() {
        int line = tokens.current().line();
        Expression first = sum();
        List<Operand> rest = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            if (token.type() == Token.Type.OPERATOR && COMPARISONS.contains(token.text())) {
                tokens.next();
                rest.add(new Operand(token.text(), sum()));
            } else if (tokens.skipName("in")) {
                rest.add(new Operand("in", sum()));
            } else if (token.isName("not") && tokens.ahead().isName("in")) {
                tokens.next();
                tokens.next();
                rest.add(new Operand("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expression.Comparison(first, List.copyOf(rest), line);
            }
        }
    }

    private boolean atOperator(Set<String> operators) {
        return tokens.current().type() == Token.Type.OPERATOR
                && operators.contains(tokens.current().text());
    }

    private Expression sum() {
        Expression left = concatenation();
        int levels = 0;
        while (atOperator(SUMS)) {
            Token operator = tokens.next();
            left = new Expression.Arithmetic(operator.text(), left, concatenation(), operator.line());
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return left;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.current().is("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return new Expression.Concatenation(List.copyOf(parts));
    }

    private Expression product() {
        Expression left = power();
        int levels = 0;
        while (atOperator(PRODUCTS)) {
            Token operator = tokens.next();
            left = new Expression.Arithmetic(operator.text(), left, power(), operator.line());
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        int levels = 0;
        while (tokens.current().is("**")) {
            Token operator = tokens.next();
            left = new Expression.Arithmetic("**", left, unary(true), operator.line());
            tokens.down();
            levels++;
        }
        tokens.up(levels);
        return left;
    }

    private Expression unary(boolean filters) {
        Token token = tokens.current();
        Expression result;
        if (token.is("-") || token.is("+")) {
            tokens.next();
            tokens.down();
            result = new Expression.Sign(token.is("-"), unary(false), token.line());
            tokens.up(1);
        } else {
            result = operands.primary();
        }
        result = operands.postfix(result);
        return filters ? operands.filtersAndTests(result) : result;
    }
}
