package omni.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.template.Statement.Macro;
import omni.template.Statement.Parameter;
import omni.template.Statement.Target;
import omni.template.TemplateException.Kind;

/** Reads a template's statements. */
final class Parser {
    private static final Set<String> LITERALS = Set.of("true", "false", "none", "True", "False", "None");
    private static final Set<String> MACRO_NAMES = Set.of("varargs", "kwargs", "caller");

    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final OperandParser operands;
    private int loops;

    private Parser(TokenStream tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens);
        this.operands = expressions.operands();
    }

    /** Returns the statements of a template's source. */
    static List<Statement> parse(String source) {
        return new Parser(new TokenStream(Lexer.tokens(source))).body(Set.of());
    }

    /** Statements up to, but without, the name of a tag that ends them; without such names, up to the end. */
    private List<Statement> body(Set<String> ends) {
        tokens.down();
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.type()) {
                case DATA -> statements.add(new Statement.Output(token.text()));
                case PRINT_BEGIN -> {
                    statements.add(new Statement.Print(expressions.tuple(true)));
                    tokens.expect(Token.Type.PRINT_END);
                }
                case BLOCK_BEGIN -> {
                    if (tokens.current().type() == Token.Type.NAME
                            && ends.contains(tokens.current().text())) {
                        tokens.up(1);
                        return List.copyOf(statements);
                    }
                    statements.addAll(statement());
                    tokens.expect(Token.Type.BLOCK_END);
                }
                case END -> {
                    if (!ends.isEmpty()) {
                        throw tokens.error("A block has no end. Close it with " + String.join(" or ", ends) + ".");
                    }
                    tokens.up(1);
                    return List.copyOf(statements);
                }
                case PRINT_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR ->
                    throw tokens.error("A tag holds more than it can. Correct the template.");
            }
        }
    }

    /** The body of a block whose last tag is read too. */
    private List<Statement> block(String end) {
        List<Statement> body = opened(Set.of(end));
        tokens.next();
        return body;
    }

    private List<Statement> opened(Set<String> ends) {
        tokens.skipOperator(":");
        tokens.expect(Token.Type.BLOCK_END);
        return body(ends);
    }

    private List<Statement> statement() {
        String keyword = tokens.expectName();
        return switch (keyword) {
            case "if" -> List.of(branches());
            case "for" -> List.of(loop());
            case "set" -> List.of(assignment());
            case "print" -> prints();
            case "macro" -> List.of(macro());
            case "call" -> List.of(callBlock());
            case "filter" -> List.of(filterBlock());
            case "with" -> List.of(with());
            case "generation" -> List.of(new Statement.Generation(block("endgeneration")));
            case "break" -> List.of(jump(true));
            case "continue" -> List.of(jump(false));
            case "include", "import", "from", "extends", "block" ->
                throw tokens.error("A chat template cannot use other templates. Put their text into this one.");
            default -> throw tokens.error("The template has an unknown tag: " + keyword + ". Correct it.");
        };
    }

    private Statement branches() {
        List<Statement.Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        Set<String> ends = Set.of("elif", "else", "endif");
        branches.add(new Statement.Branch(expressions.tuple(false), opened(ends)));
        while (tokens.skipName("elif")) {
            branches.add(new Statement.Branch(expressions.tuple(false), opened(ends)));
        }
        if (tokens.next().isName("else")) {
            otherwise = block("endif");
        }
        return new Statement.If(List.copyOf(branches), otherwise);
    }

    private Statement loop() {
        int line = tokens.current().line();
        Target target = target(false);
        if (!tokens.skipName("in")) {
            throw tokens.error("A for tag needs in. Correct the template.");
        }
        Expression items = expressions.tuple(false);
        Optional<Expression> condition =
                tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
        boolean recursive = tokens.skipName("recursive");
        loops++;
        List<Statement> body = opened(Set.of("endfor", "else"));
        loops--;
        List<Statement> otherwise = tokens.next().isName("else") ? block("endfor") : List.of();
        return new Statement.For(target, items, condition, recursive, body, otherwise, line);
    }

    private Statement assignment() {
        Target target = target(true);
        if (tokens.skipOperator("=")) {
            return new Statement.Assign(target, expressions.tuple(true));
        }
        List<Expression.Filter> filters = new ArrayList<>();
        while (tokens.current().is("|")) {
            filters.add(operands.filter());
        }
        return new Statement.Capture(target, List.copyOf(filters), block("endset"));
    }

    private List<Statement> prints() {
        List<Statement> prints = new ArrayList<>();
        while (tokens.current().type() != Token.Type.BLOCK_END) {
            if (!prints.isEmpty()) {
                tokens.expectOperator(",");
            }
            prints.add(new Statement.Print(expressions.expression()));
        }
        return prints;
    }

    private Statement macro() {
        String name = tokens.expectName();
        List<Parameter> parameters = parameters();
        return new Statement.Define(macroBody(name, parameters, "endmacro"));
    }

    private Macro macroBody(String name, List<Parameter> parameters, String end) {
        Set<String> outer = new HashSet<>(operands.names());
        operands.names().clear();
        int outerLoops = loops;
        loops = 0;
        List<Statement> body = block(end);
        loops = outerLoops;
        Set<String> uses = new HashSet<>(operands.names());
        uses.retainAll(MACRO_NAMES);
        operands.names().addAll(outer);
        return new Macro(name, parameters, body, Set.copyOf(uses));
    }

    private List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        boolean defaults = false;
        tokens.expectOperator("(");
        while (!tokens.current().is(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            String name = tokens.expectName();
            Optional<Expression> value =
                    tokens.skipOperator("=") ? Optional.of(expressions.expression()) : Optional.empty();
            if (defaults && value.isEmpty()) {
                throw tokens.error("A parameter without a default follows one with. Correct the template.");
            }
            defaults |= value.isPresent();
            parameters.add(new Parameter(name, value));
        }
        tokens.expectOperator(")");
        return List.copyOf(parameters);
    }

    private Statement callBlock() {
        List<Parameter> parameters = tokens.current().is("(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw tokens.error("A call tag needs a call. Correct the template.");
        }
        return new Statement.CallBlock(macroBody("caller", parameters, "endcall"), call);
    }

    private Statement filterBlock() {
        List<Expression.Filter> filters = new ArrayList<>();
        filters.add(operands.filterName());
        while (tokens.current().is("|")) {
            filters.add(operands.filter());
        }
        return new Statement.FilterBlock(List.copyOf(filters), block("endfilter"));
    }

    private Statement with() {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (tokens.current().type() != Token.Type.BLOCK_END) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(target(false));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Statement.With(List.copyOf(targets), List.copyOf(values), block("endwith"));
    }

    private Statement jump(boolean out) {
        if (loops == 0) {
            throw tokens.error("A break or continue stands outside of a loop. Correct the template.");
        }
        return new Statement.Jump(out);
    }

    /** One name, or several with commas between, for a value to be assigned to. */
    private Target target(boolean members) {
        int line = tokens.current().line();
        List<Target> targets = new ArrayList<>(List.of(singleTarget(members)));
        boolean several = false;
        while (tokens.skipOperator(",")) {
            several = true;
            if (tokens.current().type() != Token.Type.NAME || tokens.current().isName("in")) {
                break;
            }
            targets.add(singleTarget(members));
        }
        return several ? new Target.Several(List.copyOf(targets), line) : targets.getFirst();
    }

    private Target singleTarget(boolean members) {
        int line = tokens.current().line();
        if (tokens.skipOperator("(")) {
            tokens.down();
            Target inner = target(members);
            tokens.expectOperator(")");
            tokens.up(1);
            return inner;
        }
        String name = tokens.expectName();
        if (LITERALS.contains(name)) {
            throw new TemplateException(
                    Kind.SYNTAX, "Nothing can be assigned to a literal. Correct the template.", line);
        }
        if (members && tokens.skipOperator(".")) {
            return new Target.Member(name, tokens.expectName(), line);
        }
        return new Target.Variable(name);
    }
}
