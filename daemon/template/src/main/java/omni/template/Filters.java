package omni.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The filters. They are Jinja's own, but for those that need a random number, a web page or a terminal; {@code tojson}
 * is as transformers defines it, and {@code from_json} reads what it writes.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters">Jinja, filters</a>
 */
final class Filters {
    /** What a filter does. */
    interface Filter {
        Value apply(Value target, Arguments arguments, Rendering rendering);
    }

    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        TextFilters.define(FILTERS);
        SequenceFilters.define(FILTERS);
        SelectionFilters.define(FILTERS);
        FILTERS.put("default", Filters::otherwise);
        FILTERS.put("d", Filters::otherwise);
        FILTERS.put("abs", (target, arguments, rendering) -> absolute(target));
        FILTERS.put("int", Filters::integer);
        FILTERS.put("float", Filters::real);
        FILTERS.put("round", Filters::round);
        FILTERS.put("attr", Filters::attribute);
        FILTERS.put("tojson", Filters::toJson);
        FILTERS.put(
                "from_json",
                (target, arguments, rendering) -> Json.read(Convert.text(target, "read as JSON"), rendering.budget()));
    }

    private Filters() {}

    static boolean exists(String name) {
        return FILTERS.containsKey(name);
    }

    static Value apply(String name, Value target, Arguments arguments, Rendering rendering) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw Errors.runtime("The template uses a filter that does not exist. Use another model.");
        }
        if (target instanceof Value.Str s) {
            rendering.budget().look(s.text());
        }
        return filter.apply(target, arguments, rendering);
    }

    private static Value otherwise(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("default", 0, "default_value", "boolean");
        boolean absent = target instanceof Value.Undefined || (bound.truth(1, false) && !Convert.truth(target));
        return absent ? bound.given(0).orElse(Value.Str.EMPTY) : target;
    }

    private static Value absolute(Value target) {
        if (target instanceof Value.Real r) {
            return new Value.Real(Math.abs(r.value()));
        }
        return new Value.Int(Convert.integer(target).abs());
    }

    private static Value integer(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("int", 0, "default", "base");
        Value otherwise = bound.given(0).orElse(Value.Int.of(0));
        return switch (target) {
            case Value.Str s -> {
                rendering.budget().look(s.text());
                Optional<Value> whole =
                        Numbers.integer(s.text(), bound.index(1, 10)).map(Value.Int::new);
                yield whole.or(() -> Numbers.real(s.text()).flatMap(Filters::whole))
                        .orElse(otherwise);
            }
            case Value.Real r -> whole(r.value()).orElse(otherwise);
            case Value.Int i -> i;
            case Value.Bool b -> new Value.Int(Convert.integer(b));
            case Value.Undefined u -> throw Errors.type(u, "made a number");
            default -> otherwise;
        };
    }

    private static Optional<Value> whole(double value) {
        return Double.isNaN(value) || Double.isInfinite(value)
                ? Optional.empty()
                : Optional.of(Numbers.truncated(value));
    }

    private static Value real(Value target, Arguments arguments, Rendering rendering) {
        Value otherwise = arguments.bind("float", 0, "default").given(0).orElse(new Value.Real(0));
        return switch (target) {
            case Value.Str s ->
                Numbers.real(s.text()).<Value>map(Value.Real::new).orElse(otherwise);
            case Value.Real r -> r;
            case Value.Int i -> new Value.Real(Convert.real(i));
            case Value.Bool b -> new Value.Real(Convert.real(b));
            case Value.Undefined u -> throw Errors.type(u, "made a number");
            default -> otherwise;
        };
    }

    private static Value round(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("round", 0, "precision", "method");
        int places = bound.index(0, 0);
        String method = bound.text(1, "common");
        if (method.equals("common")) {
            return Numbers.round(target, places);
        }
        if (Math.abs((long) places) > 300) {
            throw Errors.arguments("round");
        }
        double factor = Math.pow(10, places);
        double scaled = Convert.real(target) * factor;
        return switch (method) {
            case "ceil" -> new Value.Real(Math.ceil(scaled) / factor);
            case "floor" -> new Value.Real(Math.floor(scaled) / factor);
            default -> throw Errors.arguments("round");
        };
    }

    private static Value attribute(Value target, Arguments arguments, Rendering rendering) {
        String name = arguments.bind("attr", 1, "name").text(0);
        Optional<Value> found =
                name.startsWith("__") ? Optional.empty() : Methods.find(target, name, rendering.budget());
        return found.orElseGet(() -> new Value.Undefined("A " + Errors.kind(target) + " has no such attribute"));
    }

    private static Value toJson(Value target, Arguments arguments, Rendering rendering) {
        Arguments.Bound bound = arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        Optional<String> indent = bound.some(1).map(value -> switch (value) {
            case Value.Str s -> s.text();
            default -> {
                int width = Math.max(0, Convert.index(value));
                rendering.budget().chars(width);
                yield " ".repeat(width);
            }
        });
        String comma = indent.isPresent() ? "," : ", ";
        String colon = ": ";
        if (bound.some(2).isPresent()) {
            var separators = Convert.list(bound.value(2), rendering.budget());
            if (separators.size() != 2) {
                throw Errors.arguments("tojson");
            }
            comma = Convert.text(separators.get(0), "a separator");
            colon = Convert.text(separators.get(1), "a separator");
        }
        Json.Layout layout = new Json.Layout(bound.truth(0, false), indent, comma, colon, bound.truth(3, false));
        return Value.Str.of(Json.write(target, layout, rendering.budget()));
    }
}
