package omni.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import omni.schema.Ranges.Range;

/**
 * A deterministic finite automaton over Unicode characters: a set of texts, of which it knows the length, what two sets
 * share, and whether there is any. Immutable. Every state can be reached and leads to a text; none at all is the empty set.
 *
 * <p>Made from expressions by the subset construction (Rabin and Scott 1959), and made small by Moore's partition
 * refinement (1956). State 0 is the first.
 */
final class Automaton {
    /** More states than this are left as they are: making them fewer takes their square. */
    private static final int REDUCED_MAX = 400;

    /** What a character costs that is kept in a tree of texts. */
    private static final int CHARACTER_STEPS = 20;

    /** What a state costs of an automaton that is not deterministic yet. */
    private static final int STATE_STEPS = 25;

    /** Bits of a set of states that are gone through in a step. */
    private static final int BITS_A_STEP = 64;

    private final List<List<Edge>> edges;
    private final BitSet accepting;

    /** On one of these characters to that state. Of one state, no two share a character or a target. */
    record Edge(List<Range> set, int target) {}

    /** There is not room for it: {@link Limits#STATES}. */
    static final class TooLarge extends Exception {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        TooLarge() {
            super("it needs too many states");
        }
    }

    private Automaton(List<List<Edge>> edges, BitSet accepting) {
        this.edges = edges;
        this.accepting = accepting;
    }

    int size() {
        return edges.size();
    }

    boolean isEmpty() {
        return edges.isEmpty();
    }

    List<Edge> edges(int state) {
        return edges.get(state);
    }

    boolean accepts(int state) {
        return accepting.get(state);
    }

    boolean accepts(String text, Budget budget) {
        if (isEmpty()) {
            return false;
        }
        var state = 0;
        for (var c : text.codePoints().toArray()) {
            var next = -1;
            budget.spend(1L + edges.get(state).size());
            for (var edge : edges.get(state)) {
                if (Ranges.contains(edge.set(), c)) {
                    next = edge.target();
                }
            }
            if (next < 0) {
                return false;
            }
            state = next;
        }
        return accepts(state);
    }

    /** The texts that a pattern is for. */
    static Automaton of(Regex.Node node, Budget budget) throws TooLarge {
        return new Subsets(Nfa.of(node, budget), budget).build();
    }

    /** Texts of so many characters. */
    static Automaton ofLength(int min, int max, Budget budget) throws TooLarge {
        return of(new Regex.Node.Times(new Regex.Node.One(Ranges.ALL), min, max), budget);
    }

    /** All texts but these. */
    static Automaton except(Iterable<String> texts, Budget budget) throws TooLarge {
        var children = new ArrayList<TreeMap<Integer, Integer>>();
        var ends = new BitSet();
        children.add(new TreeMap<>());
        for (var text : texts) {
            var state = 0;
            for (var c : text.codePoints().toArray()) {
                var child = children.get(state).get(c);
                budget.spend(1);
                if (child == null) {
                    budget.spend(CHARACTER_STEPS);
                    child = children.size();
                    // Each becomes a rule.
                    if (child > Limits.RULES) {
                        throw new TooLarge();
                    }
                    children.get(state).put(c, child);
                    children.add(new TreeMap<>());
                }
                state = child;
            }
            ends.set(state);
        }
        var free = children.size();
        var edges = new ArrayList<List<Edge>>();
        for (var child : children) {
            var out = new ArrayList<Edge>();
            var taken = new ArrayList<Range>();
            child.forEach((c, target) -> {
                out.add(new Edge(List.of(Ranges.one(c)), target));
                taken.add(Ranges.one(c));
            });
            out.add(new Edge(Ranges.not(Ranges.of(taken)), free));
            edges.add(out);
        }
        edges.add(List.of(new Edge(Ranges.ALL, free)));
        var accepting = new BitSet();
        accepting.set(0, edges.size());
        accepting.andNot(ends);
        return new Automaton(edges, accepting);
    }

    /** The texts that are in both. */
    Automaton and(Automaton other, Budget budget) throws TooLarge {
        if (isEmpty() || other.isEmpty()) {
            return new Automaton(List.of(), new BitSet());
        }
        var numbers = new HashMap<Long, Integer>();
        var waiting = new ArrayDeque<long[]>();
        var out = new ArrayList<List<Edge>>();
        var ends = new BitSet();
        numbers.put(0L, 0);
        waiting.add(new long[] {0, 0});
        while (!waiting.isEmpty()) {
            var pair = waiting.remove();
            var a = (int) pair[0];
            var b = (int) pair[1];
            if (accepts(a) && other.accepts(b)) {
                ends.set(out.size());
            }
            var targets = new TreeMap<Integer, List<Range>>();
            for (var first : edges.get(a)) {
                for (var second : other.edges.get(b)) {
                    budget.spend(1L + first.set().size() + second.set().size());
                    var set = Ranges.both(first.set(), second.set());
                    if (set.isEmpty()) {
                        continue;
                    }
                    var key = ((long) first.target() << Integer.SIZE) | second.target();
                    var target = numbers.get(key);
                    if (target == null) {
                        target = numbers.size();
                        numbers.put(key, target);
                        waiting.add(new long[] {first.target(), second.target()});
                    }
                    targets.computeIfAbsent(target, _ -> new ArrayList<>()).addAll(set);
                }
            }
            out.add(edges(targets));
            checkSize(numbers.size());
        }
        return reduced(out, ends, budget);
    }

    private static void checkSize(int states) throws TooLarge {
        if (states > Limits.STATES) {
            throw new TooLarge();
        }
    }

    private static List<Edge> edges(Map<Integer, List<Range>> targets) {
        var out = new ArrayList<Edge>();
        targets.forEach((target, set) -> out.add(new Edge(Ranges.of(set), target)));
        return out;
    }

    /** Without states that lead nowhere, and with one state for those that cannot be told apart. */
    private static Automaton reduced(List<List<Edge>> edges, BitSet accepting, Budget budget) {
        var alive = alive(edges, accepting);
        if (!alive.get(0)) {
            return new Automaton(List.of(), new BitSet());
        }
        var classes = edges.size() > REDUCED_MAX ? eachItsOwn(alive) : refined(edges, accepting, alive, budget);
        var out = new ArrayList<List<Edge>>();
        var ends = new BitSet();
        for (var state = alive.nextSetBit(0); state >= 0; state = alive.nextSetBit(state + 1)) {
            // Classes are numbered in the order of their first states, so state 0 stays the first.
            if (classes[state] == out.size()) {
                ends.set(out.size(), accepting.get(state));
                out.add(merged(edges.get(state), classes, alive));
            }
        }
        return new Automaton(out, ends);
    }

    private static int[] eachItsOwn(BitSet alive) {
        var classes = new int[alive.length()];
        var count = 0;
        for (var state = alive.nextSetBit(0); state >= 0; state = alive.nextSetBit(state + 1)) {
            classes[state] = count++;
        }
        return classes;
    }

    private static long ranges(List<Edge> edges) {
        return edges.stream().mapToLong(edge -> 1L + edge.set().size()).sum();
    }

    private static int[] refined(List<List<Edge>> edges, BitSet accepting, BitSet alive, Budget budget) {
        var classes = new int[edges.size()];
        for (var state = 0; state < classes.length; state++) {
            classes[state] = accepting.get(state) ? 1 : 0;
        }
        for (int before = 0, count = -1; count != before; ) {
            before = count;
            var signatures = new HashMap<List<Object>, Integer>();
            var finer = new int[classes.length];
            for (var state = alive.nextSetBit(0); state >= 0; state = alive.nextSetBit(state + 1)) {
                budget.spend(1L + ranges(edges.get(state)));
                var signature = List.<Object>of(classes[state], merged(edges.get(state), classes, alive));
                finer[state] = signatures.computeIfAbsent(signature, _ -> signatures.size());
            }
            classes = finer;
            count = signatures.size();
        }
        return classes;
    }

    private static List<Edge> merged(List<Edge> edges, int[] classes, BitSet alive) {
        var targets = new TreeMap<Integer, List<Range>>();
        for (var edge : edges) {
            if (alive.get(edge.target())) {
                targets.computeIfAbsent(classes[edge.target()], _ -> new ArrayList<>())
                        .addAll(edge.set());
            }
        }
        return edges(targets);
    }

    private static BitSet alive(List<List<Edge>> edges, BitSet accepting) {
        var from = new ArrayList<List<Integer>>();
        edges.forEach(_ -> from.add(new ArrayList<>()));
        for (var state = 0; state < edges.size(); state++) {
            for (var edge : edges.get(state)) {
                from.get(edge.target()).add(state);
            }
        }
        var alive = (BitSet) accepting.clone();
        var waiting = new ArrayDeque<Integer>();
        accepting.stream().forEach(waiting::add);
        while (!waiting.isEmpty()) {
            for (var before : from.get(waiting.remove())) {
                if (!alive.get(before)) {
                    alive.set(before);
                    waiting.add(before);
                }
            }
        }
        return alive;
    }

    /** A nondeterministic automaton (Thompson 1968); state 0 is the first, state 1 the last. */
    private static final class Nfa {
        final List<List<Integer>> free = new ArrayList<>();
        final List<List<Edge>> edges = new ArrayList<>();
        private final Budget budget;

        private Nfa(Budget budget) {
            this.budget = budget;
        }

        static Nfa of(Regex.Node node, Budget budget) {
            var nfa = new Nfa(budget);
            var first = nfa.state();
            var last = nfa.state();
            nfa.add(node, first, last);
            return nfa;
        }

        private int state() {
            budget.spend(STATE_STEPS);
            free.add(new ArrayList<>());
            edges.add(new ArrayList<>());
            return free.size() - 1;
        }

        private void add(Regex.Node node, int from, int to) {
            switch (node) {
                case Regex.Node.One one -> {
                    if (!one.set().isEmpty()) {
                        edges.get(from).add(new Edge(one.set(), to));
                    }
                }
                case Regex.Node.All all -> {
                    var at = from;
                    for (var part : all.parts()) {
                        var next = state();
                        add(part, at, next);
                        at = next;
                    }
                    free.get(at).add(to);
                }
                case Regex.Node.Any any -> {
                    for (var part : any.parts()) {
                        var first = state();
                        var last = state();
                        free.get(from).add(first);
                        add(part, first, last);
                        free.get(last).add(to);
                    }
                }
                case Regex.Node.Times times -> times(times, from, to);
            }
        }

        private void times(Regex.Node.Times times, int from, int to) {
            var at = from;
            for (var i = 0; i < times.min(); i++) {
                var next = state();
                add(times.part(), at, next);
                at = next;
            }
            if (times.max() == Shape.NO_END) {
                var loop = state();
                free.get(at).add(loop);
                add(times.part(), loop, loop);
                at = loop;
            } else {
                for (var i = times.min(); i < times.max(); i++) {
                    var next = state();
                    free.get(at).add(to);
                    add(times.part(), at, next);
                    at = next;
                }
            }
            free.get(at).add(to);
        }
    }

    /** The subset construction. */
    private static final class Subsets {
        private final Nfa nfa;
        private final Budget budget;
        private final Map<BitSet, Integer> numbers = new HashMap<>();
        private final ArrayDeque<BitSet> waiting = new ArrayDeque<>();

        Subsets(Nfa nfa, Budget budget) {
            this.nfa = nfa;
            this.budget = budget;
        }

        Automaton build() throws TooLarge {
            var out = new ArrayList<List<Edge>>();
            var ends = new BitSet();
            number(closed(List.of(0)));
            while (!waiting.isEmpty()) {
                var states = waiting.remove();
                ends.set(out.size(), states.get(1));
                out.add(edges(states));
                checkSize(numbers.size());
            }
            return reduced(out, ends, budget);
        }

        private int number(BitSet states) {
            var number = numbers.get(states);
            if (number == null) {
                number = numbers.size();
                numbers.put(states, number);
                waiting.add(states);
            }
            return number;
        }

        private BitSet closed(Iterable<Integer> states) {
            var closed = new BitSet();
            var open = new ArrayDeque<Integer>();
            states.forEach(open::add);
            while (!open.isEmpty()) {
                var state = open.remove();
                if (!closed.get(state)) {
                    closed.set(state);
                    open.addAll(nfa.free.get(state));
                    budget.spend(1L + nfa.free.get(state).size());
                }
            }
            budget.spend(closed.length() / BITS_A_STEP);
            return closed;
        }

        private List<Edge> edges(BitSet states) {
            var edges = states.stream()
                    .boxed()
                    .flatMap(state -> nfa.edges.get(state).stream())
                    .toList();
            // Where one edge's ranges begin or end, the set of targets may change.
            var borders = new TreeSet<Integer>();
            for (var edge : edges) {
                budget.spend(edge.set().size());
                for (var range : edge.set()) {
                    borders.add(range.low());
                    borders.add(range.high() + 1);
                }
            }
            var targets = new TreeMap<Integer, List<Range>>();
            var sets = new HashMap<List<Integer>, Integer>();
            for (var low : borders) {
                var high = borders.higher(low);
                if (high == null) {
                    break;
                }
                budget.spend(edges.size());
                var hit = edges.stream()
                        .filter(edge -> Ranges.contains(edge.set(), low))
                        .map(Edge::target)
                        .distinct()
                        .sorted()
                        .toList();
                if (!hit.isEmpty()) {
                    var target = sets.get(hit);
                    if (target == null) {
                        target = number(closed(hit));
                        sets.put(hit, target);
                    }
                    targets.computeIfAbsent(target, _ -> new ArrayList<>()).add(new Range(low, high - 1));
                }
            }
            return Automaton.edges(targets);
        }
    }
}
