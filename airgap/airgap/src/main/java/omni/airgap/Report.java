package omni.airgap;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What the steps of closing found. Used by one thread. */
final class Report {
    private final List<Step> steps = new ArrayList<>();
    /** Of the step that is being done. */
    private OptionalInt closed = OptionalInt.empty();

    /**
     * One step in one namespace.
     *
     * @param namespace its inode; 0 for the machine as a whole
     * @param name links, filter, sockets …
     * @param problems what is not confirmed, a line each; empty where it is
     * @param micros how long it took
     * @param closed how many of what it is about the gap has closed there; nothing where that is not counted
     */
    record Step(long namespace, String name, List<String> problems, long micros, OptionalInt closed) {
        boolean confirmed() {
            return problems.isEmpty();
        }
    }

    /** Work that answers with what is not confirmed. */
    @FunctionalInterface
    interface Work {
        List<String> problems() throws AirgapException;
    }

    /** Does it, and notes what came of it: a step that fails keeps no other from being done. */
    void step(Namespace namespace, String name, Work work) {
        step(namespace.inode(), name, work);
    }

    /** The same, of the machine as a whole. */
    void step(String name, Work work) {
        step(0, name, work);
    }

    /** For the work of a step: how many it has closed. */
    void closed(long count) {
        closed = OptionalInt.of(Math.toIntExact(count));
    }

    private void step(long namespace, String name, Work work) {
        closed = OptionalInt.empty();
        long start = System.nanoTime();
        List<String> problems;
        try {
            problems = work.problems();
        } catch (AirgapException e) {
            problems = List.of(name + ": " + e.getMessage());
        }
        steps.add(new Step(namespace, name, List.copyOf(problems), (System.nanoTime() - start) / 1000, closed));
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    /** What is not confirmed, a line each. */
    List<String> problems() {
        return steps.stream().flatMap(step -> step.problems().stream()).toList();
    }
}
