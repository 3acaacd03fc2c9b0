package omni.template;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.template.TemplateException.Kind;

/** The functions every template can call. */
final class Globals {
    private Globals() {}

    /** Puts the functions into a template's outermost scope; its variables are set after and win. */
    static void define(Scope scope, Rendering rendering) {
        Budget budget = rendering.budget();
        function(scope, "range", Globals::range);
        scope.set("dict", new Dict(budget));
        function(scope, "namespace", arguments -> {
            Value.Pairs members = dict(arguments, budget);
            for (Map.Entry<Value, Value> member : members.members()) {
                checkMemberName(Convert.text(member.getKey(), "used as a name"));
            }
            return new Value.Namespace(members);
        });
        function(scope, "cycler", arguments -> new Cycler(arguments.positional()));
        function(
                scope,
                "joiner",
                arguments ->
                        new Joiner(arguments.bind("joiner", 0, "sep").given(0).orElse(Value.Str.of(", "))));
        function(scope, "raise_exception", arguments -> {
            Value message = arguments.bind("raise_exception", 1, "message").value(0);
            throw new TemplateException(Kind.RAISED, rendering.str(message), 0);
        });
        function(scope, "strftime_now", arguments -> {
            String format = arguments.bind("strftime_now", 1, "format").text(0);
            return Value.Str.of(Strftime.format(format, ZonedDateTime.now(rendering.clock()), budget));
        });
    }

    private static void function(Scope scope, String name, Value.Function.Body body) {
        scope.set(name, new Value.Function(name, body));
    }

    /** Refuses the names that transformers refuses in a namespace. */
    static void checkMemberName(String name) {
        if (name.startsWith("_")) {
            throw Errors.runtime("A namespace cannot have a name that begins with an underline. Correct the template.");
        }
    }

    private static Value range(Arguments arguments) {
        Arguments.Bound bound = arguments.bind("range", 1, "start", "stop", "step");
        long first = number(bound.value(0));
        long start = bound.given(1).isPresent() ? first : 0;
        long stop = bound.given(1).map(Globals::number).orElse(first);
        long step = bound.given(2).map(Globals::number).orElse(1L);
        if (step == 0) {
            throw Errors.arguments("range");
        }
        long count = step > 0 ? Math.ceilDiv(stop - start, step) : Math.ceilDiv(start - stop, -step);
        if (count > Limits.RANGE_MAX) {
            throw Budget.limit("A range is too long. Use another model.");
        }
        return new Value.Range(start, step, (int) Math.max(0, count));
    }

    private static long number(Value value) {
        if (Convert.integer(value).bitLength() > 50) {
            throw Budget.limit("A range is too long. Use another model.");
        }
        return Convert.integer(value).longValueExact();
    }

    /** Python's {@code dict(pairs, name=value)}. */
    private static Value.Pairs dict(Arguments arguments, Budget budget) {
        if (arguments.positional().size() > 1) {
            throw Errors.arguments("dict");
        }
        Value.Pairs result = new Value.Pairs();
        if (!arguments.positional().isEmpty()) {
            update(result, arguments.positional().getFirst(), budget);
        }
        budget.elements(arguments.named().size());
        arguments.named().forEach(result::put);
        return result;
    }

    /** Puts the members of a dict, or pairs of a sequence, into a dict. */
    static void update(Value.Pairs target, Value source, Budget budget) {
        if (source instanceof Value.Pairs pairs) {
            budget.elements(pairs.size());
            for (Map.Entry<Value, Value> member : pairs.members()) {
                target.put(member.getKey(), member.getValue());
            }
            return;
        }
        Iterator<Value> elements = Convert.iterate(source, budget);
        while (elements.hasNext()) {
            List<Value> pair = Convert.list(elements.next(), budget);
            if (pair.size() != 2) {
                throw Errors.arguments("dict");
            }
            target.put(pair.get(0), pair.get(1));
        }
    }

    /** The global {@code dict}, which can be called and has {@code fromkeys}. */
    private record Dict(Budget budget) implements Value.Member {
        @Override
        public Optional<Value> attribute(String name) {
            return name.equals("fromkeys") ? Optional.of(new Value.Function(name, this::fromKeys)) : Optional.empty();
        }

        private Value fromKeys(Arguments arguments) {
            Arguments.Bound bound = arguments.bind("dict.fromkeys", 1, "keys", "value");
            Value.Pairs result = new Value.Pairs();
            for (Value key : Convert.list(bound.value(0), budget)) {
                result.put(key, bound.given(1).orElse(Value.None.NONE));
            }
            return result;
        }

        @Override
        public String representation() {
            return "<dict>";
        }

        @Override
        public Optional<Value.Function> function() {
            return Optional.of(new Value.Function("dict", arguments -> dict(arguments, budget)));
        }
    }

    /** What {@code cycler()} gives: values in turn. */
    private static final class Cycler implements Value.Member {
        private final List<Value> values;
        private int at;

        Cycler(List<Value> values) {
            if (values.isEmpty()) {
                throw Errors.arguments("cycler");
            }
            this.values = new ArrayList<>(values);
        }

        @Override
        public Optional<Value> attribute(String name) {
            return switch (name) {
                case "current" -> Optional.of(values.get(at));
                case "next" ->
                    Optional.of(new Value.Function(name, arguments -> {
                        Value value = values.get(at);
                        at = (at + 1) % values.size();
                        return value;
                    }));
                case "reset" ->
                    Optional.of(new Value.Function(name, arguments -> {
                        at = 0;
                        return Value.None.NONE;
                    }));
                default -> Optional.empty();
            };
        }

        @Override
        public String representation() {
            return "<Cycler>";
        }

        @Override
        public Optional<Value.Function> function() {
            return Optional.empty();
        }
    }

    /** What {@code joiner()} gives: nothing at the first call, then its separator. */
    private static final class Joiner implements Value.Member {
        private final Value separator;
        private boolean used;

        Joiner(Value separator) {
            this.separator = separator;
        }

        @Override
        public Optional<Value> attribute(String name) {
            return switch (name) {
                case "sep" -> Optional.of(separator);
                case "used" -> Optional.of(Value.Bool.of(used));
                default -> Optional.empty();
            };
        }

        @Override
        public String representation() {
            return "<Joiner>";
        }

        @Override
        public Optional<Value.Function> function() {
            return Optional.of(new Value.Function("joiner", arguments -> {
                Value result = used ? separator : Value.Str.EMPTY;
                used = true;
                return result;
            }));
        }
    }
}
