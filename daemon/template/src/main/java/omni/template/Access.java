package omni.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import omni.template.TemplateException.Kind;

/** Python's {@code a.b}, {@code a[b]} and {@code a[b:c:d]}, as Jinja mixes the first two. */
final class Access {
    private Access() {}

    /** {@code object.name}: a method, else a member with that key. Names of Python's internals give nothing. */
    static Optional<Value> attribute(Value object, String name, Budget budget) {
        if (object instanceof Value.Undefined) {
            throw Errors.type(object, "looked into");
        }
        if (isInternal(name)) {
            return Optional.empty();
        }
        Optional<Value> method = Methods.find(object, name, budget);
        return method.isEmpty() && object instanceof Value.Pairs p ? p.get(name) : method;
    }

    /** {@code object[key]}: an element or member, else a method with that name. */
    static Optional<Value> item(Value object, Value key, Budget budget) {
        if (object instanceof Value.Undefined) {
            throw Errors.type(object, "looked into");
        }
        Optional<Value> element = element(object, key, budget);
        if (element.isEmpty() && key instanceof Value.Str name && !isInternal(name.text())) {
            return Methods.find(object, name.text(), budget);
        }
        return element;
    }

    private static boolean isInternal(String name) {
        return name.startsWith("__");
    }

    private static Optional<Value> element(Value object, Value key, Budget budget) {
        if (object instanceof Value.Pairs pairs) {
            try {
                return pairs.get(key);
            } catch (TemplateException e) {
                if (e.kind() == Kind.RUNTIME) {
                    return Optional.empty();
                }
                throw e;
            }
        }
        if (!Convert.isInteger(key)) {
            return Optional.empty();
        }
        int index = Convert.index(key);
        return switch (object) {
            case Value.Items i -> at(i.values(), index);
            case Value.Group g -> at(g.values(), index);
            case Value.Str s -> codePoint(s, index, budget);
            case Value.Range r -> {
                long place = index < 0 ? (long) index + r.length() : index;
                yield place >= 0 && place < r.length() ? Optional.of(r.at((int) place)) : Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    private static Optional<Value> at(List<Value> values, int index) {
        long place = index < 0 ? (long) index + values.size() : index;
        return place >= 0 && place < values.size() ? Optional.of(values.get((int) place)) : Optional.empty();
    }

    private static Optional<Value> codePoint(Value.Str s, int index, Budget budget) {
        budget.look(s.text());
        int length = Text.length(s.text());
        long place = index < 0 ? (long) index + length : index;
        if (place < 0 || place >= length) {
            return Optional.empty();
        }
        int start = Text.offset(s.text(), (int) place);
        int end = start + Character.charCount(s.text().codePointAt(start));
        return Optional.of(new Value.Str(s.text().substring(start, end), s.safe()));
    }

    /** {@code object[start:stop:step]}; None stands for an absent part. */
    static Value slice(Value object, Value start, Value stop, Value step, Budget budget) {
        OptionalInt length = object instanceof Value.Undefined ? OptionalInt.empty() : Convert.length(object);
        if (length.isEmpty() || object instanceof Value.Pairs || object instanceof Value.View) {
            throw Errors.type(object, "sliced");
        }
        int by = step == Value.None.NONE ? 1 : Convert.index(step);
        if (by == 0) {
            throw Errors.runtime("A slice has a step of zero. Correct the template.");
        }
        int size = length.getAsInt();
        int first = bound(start, size, by, by > 0 ? 0 : size - 1);
        int last = bound(stop, size, by, by > 0 ? size : -1);
        return switch (object) {
            case Value.Str s -> text(s, first, last, by, budget);
            case Value.Items i -> new Value.Items(pick(i.values(), first, last, by, budget));
            case Value.Group g -> Value.Group.of(pick(g.values(), first, last, by, budget));
            case Value.Range r -> {
                long count =
                        by > 0 ? Math.ceilDiv((long) last - first, by) : Math.ceilDiv((long) first - last, -(long) by);
                yield new Value.Range(r.start() + r.step() * first, r.step() * by, (int) Math.max(0, count));
            }
            default -> throw Errors.type(object, "sliced");
        };
    }

    /** Python's rule: negative counts from the end, and what is outside is moved to the edge. */
    private static int bound(Value value, int size, int step, int otherwise) {
        if (value == Value.None.NONE) {
            return otherwise;
        }
        long place = Convert.index(value);
        if (place < 0) {
            place += size;
        }
        int low = step > 0 ? 0 : -1;
        int high = step > 0 ? size : size - 1;
        return Math.clamp(place, low, Math.max(low, high));
    }

    private static Value text(Value.Str s, int first, int last, int step, Budget budget) {
        budget.look(s.text());
        String text = s.text();
        if (step == 1) {
            if (first >= last) {
                return new Value.Str("", s.safe());
            }
            int start = Text.offset(text, first);
            int end = text.offsetByCodePoints(start, last - first);
            return new Value.Str(budget.made(text.substring(start, end)), s.safe());
        }
        int[] codePoints = text.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        for (long i = first; step > 0 ? i < last : i > last; i += step) {
            out.appendCodePoint(codePoints[(int) i]);
        }
        return new Value.Str(budget.made(out.toString()), s.safe());
    }

    private static List<Value> pick(List<Value> values, int first, int last, int step, Budget budget) {
        budget.references(values.size());
        List<Value> picked = new ArrayList<>();
        for (long i = first; step > 0 ? i < last : i > last; i += step) {
            picked.add(values.get((int) i));
        }
        return picked;
    }
}
