package omni.engine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import omni.engine.EngineProtocol.Priority;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait, and whose turn it is: the most urgent class is first, in it the key that has had least, of that the
 * request that came first. A class that was passed over for long goes before the more urgent ones, once.
 *
 * <p>For one thread at a time.
 */
final class FairQueue<T extends FairQueue.Member> {
    /** What waits. */
    interface Member {
        Caller caller();
    }

    private final Shares shares;
    private final Patience patience = new Patience();
    /** Those who gave their place up, the last first; then as they came. */
    private final List<T> members = new ArrayList<>();

    FairQueue(Shares shares) {
        this.shares = shares;
    }

    void add(T member) {
        members.add(member);
    }

    /** Puts one back that had its turn already: of its key it is first. */
    void putBack(T member) {
        members.addFirst(member);
    }

    /** Whose turn it is, or null where nobody waits. */
    @Nullable
    T next() {
        Map<Priority, T> turns = turns();
        @Nullable T next = null;
        for (Map.Entry<Priority, T> turn : turns.entrySet()) {
            if (next == null || patience.isOver(turn.getKey())) {
                next = turn.getValue();
            }
        }
        return next;
    }

    /** Who would be next if nobody had been passed over, or null where nobody waits. */
    @Nullable
    T mostUrgent() {
        Iterator<T> turns = turns().values().iterator();
        return turns.hasNext() ? turns.next() : null;
    }

    /** Who is next in each class that has anybody, most urgent first. */
    private Map<Priority, T> turns() {
        Map<Priority, T> turns = new EnumMap<>(Priority.class);
        for (T member : members) {
            turns.merge(
                    member.caller().priority(),
                    member,
                    (first, other) -> shares.had(other.caller()) < shares.had(first.caller()) ? other : first);
        }
        return turns;
    }

    /** Whether a class was passed over for long. */
    boolean isImpatient(Priority priority) {
        return patience.isOver(priority);
    }

    /** Takes one out whose turn it is. */
    void take(T member) {
        members.remove(member);
        patience.reset(member.caller().priority());
    }

    /** Counts what was computed for one who has its turn: for its key, and for the patience of who is less urgent. */
    void charge(Caller caller, long tokens) {
        Priority priority = caller.priority();
        shares.charge(caller, tokens);
        patience.reset(priority);
        for (Priority other : Priority.values()) {
            if (other.compareTo(priority) > 0) {
                passOver(other, tokens);
            }
        }
    }

    /** More urgent ones have computed so many tokens: to be told of every class, for it may have nobody here. */
    void passOver(Priority priority, long tokens) {
        if (members.stream().anyMatch(member -> member.caller().priority() == priority)) {
            patience.pass(priority, tokens);
        } else {
            patience.reset(priority);
        }
    }

    void removeIf(Predicate<T> gone) {
        members.removeIf(gone);
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    int size() {
        return members.size();
    }

    /** All, in no order that counts. */
    List<T> all() {
        return List.copyOf(members);
    }
}
