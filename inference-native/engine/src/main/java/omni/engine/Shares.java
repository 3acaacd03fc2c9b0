package omni.engine;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many tokens have been computed for each key, by which turns are given out: of those who wait, whoever has had least
 * is next. Keys are compared within their class, and only while they compete: one that comes, or comes back, is set level
 * with the one that has had least, so that nobody saves up by staying away, and when a class has nobody left all start
 * alike. These are the virtual token counters of Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024.
 *
 * <p>For one thread at a time.
 */
final class Shares {
    /** Keys without requests that are remembered while others have some. */
    static final int ABSENT_MAX = 1024;

    private static final class Account {
        long tokens;
        int requests;
    }

    private final Map<Caller, Account> accounts = new HashMap<>();

    /** A request has come. */
    void enter(Caller caller) {
        Account account = accounts.computeIfAbsent(caller, _ -> new Account());
        if (account.requests == 0) {
            account.tokens = Math.max(account.tokens, least(caller));
        }
        account.requests++;
    }

    /** The least that one of its class with requests has had. */
    private long least(Caller caller) {
        return accounts.entrySet().stream()
                .filter(e -> e.getKey().priority() == caller.priority() && e.getValue().requests > 0)
                .mapToLong(e -> e.getValue().tokens)
                .min()
                .orElse(0);
    }

    /** A request has gone, whatever became of it. */
    void leave(Caller caller) {
        Account account = accounts.get(caller);
        if (account == null) {
            throw new IllegalStateException("It never came.");
        }
        account.requests--;
        boolean alone = accounts.entrySet().stream()
                .noneMatch(e -> e.getKey().priority() == caller.priority() && e.getValue().requests > 0);
        if (alone) {
            accounts.keySet().removeIf(other -> other.priority() == caller.priority());
        } else if (account.requests == 0) {
            forgetOne();
        }
    }

    /** Past the bound, forgets the absent one that has had least: it gains least by that. */
    private void forgetOne() {
        @Nullable Caller least = null;
        int absent = 0;
        for (Map.Entry<Caller, Account> each : accounts.entrySet()) {
            if (each.getValue().requests == 0) {
                absent++;
                if (least == null || each.getValue().tokens < had(least)) {
                    least = each.getKey();
                }
            }
        }
        if (least != null && absent > ABSENT_MAX) {
            accounts.remove(least);
        }
    }

    /** Counts tokens for a key that has requests; fewer than none takes back what was counted and not computed. */
    void charge(Caller caller, long tokens) {
        Account account = accounts.get(caller);
        if (account != null) {
            account.tokens += tokens;
        }
    }

    /** What a key has had, as its class counts. */
    long had(Caller caller) {
        Account account = accounts.get(caller);
        return account == null ? 0 : account.tokens;
    }

    /** How many keys are remembered. */
    int size() {
        return accounts.size();
    }
}
