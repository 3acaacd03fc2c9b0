package omni.schema;

import java.util.ArrayList;
import java.util.List;
import omni.schema.Ranges.Range;

/** A part of a grammar. */
sealed interface Expr {
    /** Nothing. */
    Expr EMPTY = new Seq(List.of());

    /** These characters. */
    record Text(String text) implements Expr {}

    /** One character of the set, which is not empty. */
    record Chars(List<Range> set) implements Expr {}

    /** One part after the other. */
    record Seq(List<Expr> parts) implements Expr {}

    /** One of the parts. */
    record Alt(List<Expr> parts) implements Expr {}

    /** A part that cannot be empty, so often; {@link Shape#NO_END} is no bound. */
    record Repeat(Expr part, int min, int max) implements Expr {}

    /** What the rule of that name is. */
    record Ref(String name) implements Expr {}

    /** One after the other, without sequences in it. */
    static Expr seq(Expr... parts) {
        var flat = new ArrayList<Expr>();
        for (var part : parts) {
            for (var single : part instanceof Seq seq ? seq.parts() : List.of(part)) {
                if (single instanceof Text text && !flat.isEmpty() && flat.getLast() instanceof Text before) {
                    flat.set(flat.size() - 1, new Text(before.text() + text.text()));
                } else {
                    flat.add(single);
                }
            }
        }
        return flat.size() == 1 ? flat.getFirst() : new Seq(List.copyOf(flat));
    }

    /** One of the parts, of which there is one at least: no part at all would be printed as nothing, not as impossible. */
    static Expr alt(List<Expr> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("a choice of nothing");
        }
        return parts.size() == 1 ? parts.getFirst() : new Alt(List.copyOf(parts));
    }

    /** The part or nothing. */
    static Expr optional(Expr part) {
        return part.equals(EMPTY) ? EMPTY : new Alt(List.of(part, EMPTY));
    }

    /** A part without alternatives of its own, so often. */
    static Expr repeat(Expr part, int min, int max) {
        if (max == 0) {
            return EMPTY;
        }
        return min == 1 && max == 1 ? part : new Repeat(part, min, max);
    }

    static Expr chars(int low, int high) {
        return new Chars(List.of(new Range(low, high)));
    }
}
