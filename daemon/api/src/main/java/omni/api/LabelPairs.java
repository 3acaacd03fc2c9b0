package omni.api;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Under which model and key something is counted: as many of each, and of both together, as there is room for; what comes
 * later is counted under {@link #OTHER}. Nothing is forgotten, so that no counter ever falls. Safe for use by many threads.
 */
final class LabelPairs {
    /** Models that have a name of their own in the counts. */
    static final int MODELS_MAX = 8;

    static final int KEYS_MAX = 16;

    /** Each has some sixty lines in a scrape. */
    static final int PAIRS_MAX = 40;

    static final String OTHER = "other";

    /** What has no model, or no key. */
    static final String NONE = "none";

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<String> models = new HashSet<>();
    private final Set<String> keys = new HashSet<>();
    private final Map<String, Set<String>> pairs = new HashMap<>();
    private int count;

    /** A model's name and a key's id, or what stands for them. */
    record Pair(String model, String key) {}

    Pair of(String model, String key) {
        lock.lock();
        try {
            var shown = known(models, model, MODELS_MAX);
            var asking = known(keys, key, KEYS_MAX);
            var ofModel = pairs.computeIfAbsent(shown, _ -> new HashSet<>());
            if (ofModel.contains(asking)) {
                return new Pair(shown, asking);
            }
            if (count == PAIRS_MAX) {
                return new Pair(shown, OTHER);
            }
            count++;
            ofModel.add(asking);
            return new Pair(shown, asking);
        } finally {
            lock.unlock();
        }
    }

    /** How a model is called where it is counted for all keys together. */
    String model(String model) {
        lock.lock();
        try {
            return known(models, model, MODELS_MAX);
        } finally {
            lock.unlock();
        }
    }

    private static String known(Set<String> known, String value, int most) {
        if (value.equals(NONE) || known.contains(value)) {
            return value;
        }
        if (known.size() == most) {
            return OTHER;
        }
        known.add(value);
        return value;
    }
}
