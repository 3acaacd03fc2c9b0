package omni.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON in and out of a template: its variables, and the filters {@code tojson} and {@code from_json}. */
final class Json {
    private static final JsonMapper READER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(Limits.VALUE_DEPTH_MAX)
                            .maxNumberLength(Limits.INTEGER_DIGITS_MAX)
                            .maxStringLength(Limits.TEXT_CHARS_MAX)
                            .build())
                    .build())
            .build();

    private Json() {}

    /** The value a JSON node stands for; whole numbers stay whole and keys keep their order. */
    static Value value(JsonNode node, Budget budget) {
        return value(node, budget, 0);
    }

    private static Value value(JsonNode node, Budget budget, int depth) {
        Budget.nesting(depth);
        budget.elements(1);
        return switch (node.getNodeType()) {
            case NULL, MISSING -> Value.None.NONE;
            case BOOLEAN -> Value.Bool.of(node.booleanValue());
            case NUMBER ->
                node.isIntegralNumber()
                        ? Arithmetic.bounded(node.bigIntegerValue())
                        : new Value.Real(node.doubleValue());
            case ARRAY -> {
                Value.Items items = new Value.Items(List.of());
                for (JsonNode element : node) {
                    items.values().add(value(element, budget, depth + 1));
                }
                yield items;
            }
            case OBJECT -> {
                Value.Pairs pairs = new Value.Pairs();
                for (Map.Entry<String, JsonNode> member : node.properties()) {
                    pairs.put(member.getKey(), value(member.getValue(), budget, depth + 1));
                }
                yield pairs;
            }
            case STRING, BINARY, POJO -> Value.Str.of(budget.made(node.asString()));
        };
    }

    /** The value a JSON text stands for. */
    static Value read(String text, Budget budget) {
        try {
            budget.look(text);
            return value(READER.readTree(text), budget);
        } catch (JacksonException e) {
            throw Errors.runtime("A text is not JSON. The model's template does not support these messages.");
        }
    }

    /**
     * How JSON is laid out, as the parameters of Python's {@code json.dumps} say.
     *
     * @param indent what each level is indented by; empty for one line
     * @param comma what separates elements
     * @param colon what separates a key from its value
     */
    record Layout(boolean ascii, Optional<String> indent, String comma, String colon, boolean sorted) {}

    static String write(Value value, Layout layout, Budget budget) {
        StringBuilder out = new StringBuilder();
        new Writer(layout, budget, out).write(value, 0);
        return budget.made(out.toString());
    }

    /** The text with everything beyond ASCII as escapes of Python's {@code ascii()}. */
    static String ascii(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c < 128) {
                out.append((char) c);
            } else {
                out.append(String.format(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
            }
        });
        return out.toString();
    }

    private record Writer(Layout layout, Budget budget, StringBuilder out) {
        void write(Value value, int depth) {
            Budget.nesting(depth);
            budget.step();
            if (out.length() > Limits.TEXT_CHARS_MAX) {
                budget.chars(out.length());
            }
            switch (value) {
                case Value.None n -> out.append("null");
                case Value.Bool b -> out.append(b == Value.Bool.TRUE);
                case Value.Int i -> out.append(i.value());
                case Value.Real r -> out.append(real(r.value()));
                case Value.Str s -> string(s.text());
                case Value.Items i -> list(i.values(), depth);
                case Value.Group g -> list(g.values(), depth);
                case Value.Pairs p -> pairs(p, depth);
                case Value.View v -> throw Errors.type(value, "written as JSON");
                case Value.Range r -> throw Errors.type(value, "written as JSON");
                case Value.Stream s -> throw Errors.type(value, "written as JSON");
                case Value.Undefined u -> throw Errors.type(value, "written as JSON");
                case Value.Namespace n -> throw Errors.type(value, "written as JSON");
                case Value.Function f -> throw Errors.type(value, "written as JSON");
                case Value.Member m -> throw Errors.type(value, "written as JSON");
            }
        }

        private static String real(double value) {
            if (Double.isNaN(value)) {
                return "NaN";
            }
            if (Double.isInfinite(value)) {
                return value > 0 ? "Infinity" : "-Infinity";
            }
            return Representation.real(value);
        }

        private void newLine(int depth) {
            layout.indent().ifPresent(indent -> {
                budget.chars((long) indent.length() * depth);
                out.append('\n').repeat(indent, depth);
            });
        }

        private void list(List<Value> values, int depth) {
            out.append('[');
            Iterator<Value> each = values.iterator();
            while (each.hasNext()) {
                newLine(depth + 1);
                write(each.next(), depth + 1);
                out.append(each.hasNext() ? layout.comma() : "");
            }
            if (!values.isEmpty()) {
                newLine(depth);
            }
            out.append(']');
        }

        private void pairs(Value.Pairs pairs, int depth) {
            List<Map.Entry<Value, Value>> members = pairs.members();
            if (layout.sorted()) {
                List<Value> keys =
                        Sorting.sorted(Convert.view(pairs, Value.View.Part.KEYS, budget), key -> key, false, budget);
                members = keys.stream()
                        .map(key -> Map.entry(key, pairs.get(key).orElseThrow()))
                        .toList();
            }
            out.append('{');
            String separator = "";
            for (Map.Entry<Value, Value> member : members) {
                out.append(separator);
                newLine(depth + 1);
                string(key(member.getKey()));
                out.append(layout.colon());
                write(member.getValue(), depth + 1);
                separator = layout.comma();
            }
            if (!members.isEmpty()) {
                newLine(depth);
            }
            out.append('}');
        }

        private static String key(Value key) {
            return switch (key) {
                case Value.Str s -> s.text();
                case Value.Int i -> i.value().toString();
                case Value.Real r -> real(r.value());
                case Value.Bool b -> b == Value.Bool.TRUE ? "true" : "false";
                case Value.None n -> "null";
                default -> throw Errors.type(key, "a key in JSON");
            };
        }

        private void string(String text) {
            budget.look(text);
            out.append('"');
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                switch (c) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    case '\b' -> out.append("\\b");
                    case '\f' -> out.append("\\f");
                    default -> {
                        if (c < ' ' || (layout.ascii() && c > '~')) {
                            out.append(String.format("\\u%04x", (int) c));
                        } else {
                            out.append(c);
                        }
                    }
                }
            }
            out.append('"');
        }
    }
}
