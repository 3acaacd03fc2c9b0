package omni.engine;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import omni.engine.ModelCounts.Leaves;
import org.jspecify.annotations.Nullable;

/**
 * The models in memory. One is loaded when a request first needs it, one at a time; who asks for it meanwhile waits for
 * the same load. It goes when nobody has used it for a while, or when another needs its place.
 *
 * <p>Thread-safe. {@code lock} guards all entries; it is taken before the decode loop's {@code gate}, never after, and
 * neither loading nor closing happens under it. Each model has one platform thread that loads it, decodes and closes
 * it.
 */
final class Residents implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Residents.class.getName());
    private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

    /** Loads a model. */
    interface Opener {
        LoadedModel open(StoredModel model);
    }

    private enum State {
        LOADING,
        READY,
        CLOSING,
        GONE
    }

    private static final class Entry {
        final StoredModel model;
        State state = State.LOADING;

        @Nullable
        LoadedModel loaded;

        EngineException.@Nullable LoadFailed failure;
        int leases;
        final Map<Caller, Integer> requests = new HashMap<>();
        long idleSinceNanos;

        Entry(StoredModel model) {
            this.model = model;
        }

        int requestCount() {
            return requests.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** Whatever their class. */
        int requestsOf(String key) {
            return requests.entrySet().stream()
                    .filter(e -> e.getKey().key().equals(key))
                    .mapToInt(Map.Entry::getValue)
                    .sum();
        }
    }

    private final EngineConfig config;
    private final Opener opener;
    private final Consumer<List<String>> onChange;
    private final Predicate<String> pinned;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Least recently used first. */
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    /** By id, of models that are there or were. */
    private final Map<String, ModelCounts> counts = new HashMap<>();

    private final ReentrantLock loading = new ReentrantLock();
    private final ScheduledThreadPoolExecutor timer;
    private boolean closed;

    /**
     * Starts with none.
     *
     * @param pinned whether the model of an id stays in memory though nobody uses it
     * @param onChange is told the names of the loaded models, by their own threads
     */
    Residents(EngineConfig config, Opener opener, Predicate<String> pinned, Consumer<List<String>> onChange) {
        this.pinned = pinned;
        this.config = config;
        this.opener = opener;
        this.onChange = onChange;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("omni-engine-idle").daemon().factory());
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** A model that stays in memory until this is closed. */
    final class Lease implements AutoCloseable {
        private final Entry entry;
        private final LoadedModel loaded;
        private final Optional<Caller> caller;
        private boolean open = true;

        private Lease(Entry entry, LoadedModel loaded, Optional<Caller> caller) {
            this.entry = entry;
            this.loaded = loaded;
            this.caller = caller;
        }

        LoadedModel model() {
            return loaded;
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                release(entry, caller);
            }
        }
    }

    /**
     * Gets a model for one of the bounded number of requests that compute, loading it where needed.
     *
     * @throws EngineException.Busy if as many requests, or requests of this key, are under way as may be, or no place can be made for the model
     * @throws EngineException.LoadFailed if it cannot be loaded
     */
    Lease acquire(StoredModel model, Caller caller) throws InterruptedException {
        return acquire(model, Optional.of(caller));
    }

    /**
     * Gets a model for a look at its vocabulary, loading it where needed.
     *
     * @throws EngineException.Busy if no place can be made for the model
     * @throws EngineException.LoadFailed if it cannot be loaded
     */
    Lease look(StoredModel model) throws InterruptedException {
        return acquire(model, Optional.empty());
    }

    private Lease acquire(StoredModel model, Optional<Caller> caller) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (closed) {
                    throw new EngineException.Failed("The engine is stopping.");
                }
                Entry entry = entries.get(model.id());
                if (entry == null) {
                    entry = begin(model);
                }
                if (entry == null || isLeaving(entry)) {
                    changed.await();
                } else {
                    return join(entry, caller);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether it is being closed, or has failed and will be in a moment. */
    private static boolean isLeaving(Entry entry) {
        LoadedModel loaded = entry.loaded;
        return entry.state == State.CLOSING || (loaded != null && loaded.isStopped());
    }

    /** Makes an entry and starts its load, or makes room and returns null: the caller waits for a change. */
    private @Nullable Entry begin(StoredModel model) {
        if (entries.size() >= config.modelsLoadedMax()) {
            boolean leaving = entries.values().stream().anyMatch(e -> e.state == State.CLOSING);
            if (!leaving) {
                Entry oldest = entries.values().stream()
                        .filter(e -> e.state == State.READY && e.leases == 0 && !pinned.test(e.model.id()))
                        .findFirst()
                        .orElseThrow(() -> new EngineException.Busy(5, false));
                dismiss(oldest, Leaves.ROOM);
            }
            return null;
        }
        Entry entry = new Entry(model);
        entries.put(model.id(), entry);
        Thread.ofPlatform().name("omni-decode-" + model.name()).daemon().start(() -> live(entry));
        return entry;
    }

    private Lease join(Entry entry, Optional<Caller> caller) throws InterruptedException {
        int requestsMax = config.sequencesMax() + config.queueMax();
        caller.ifPresent(who -> requirePlace(entry, who, requestsMax));
        entry.leases++;
        caller.ifPresent(who -> entry.requests.merge(who, 1, Integer::sum));
        boolean joined = false;
        try {
            while (entry.state == State.LOADING) {
                changed.await();
            }
            LoadedModel loaded = entry.loaded;
            if (loaded == null) {
                throw failure(entry);
            }
            joined = true;
            return new Lease(entry, loaded, caller);
        } finally {
            if (!joined) {
                release(entry, caller);
            }
        }
    }

    private void requirePlace(Entry entry, Caller caller, int requestsMax) {
        int ofKey = entry.requestsOf(caller.key());
        int all = entry.requestCount();
        boolean keyFull = ofKey >= config.keyRequestsMax();
        if (keyFull || all >= requestsMax) {
            LoadedModel loaded = entry.loaded;
            int requests = keyFull ? ofKey : all;
            int seconds = loaded == null
                    ? new ServiceTime().retryAfterSeconds(requests, config.sequencesMax())
                    : loaded.service().retryAfterSeconds(requests, loaded.sequencesMax());
            throw new EngineException.Busy(seconds, keyFull);
        }
    }

    private static EngineException failure(Entry entry) {
        EngineException failure = entry.failure;
        return failure != null ? failure : new EngineException.Failed("The model was not loaded; the log says why.");
    }

    private void release(Entry entry, Optional<Caller> caller) {
        lock.lock();
        try {
            entry.leases--;
            caller.ifPresent(who -> entry.requests.computeIfPresent(who, (_, n) -> n == 1 ? null : n - 1));
            if (entry.leases == 0) {
                entry.idleSinceNanos = System.nanoTime();
                changed.signalAll();
                if (!closed && entry.state == State.READY) {
                    var _ = timer.schedule(
                            () -> dismissIdle(entry), config.idleUnload().toMillis() + 1, TimeUnit.MILLISECONDS);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void dismissIdle(Entry entry) {
        if (pinned.test(entry.model.id())) {
            return;
        }
        lock.lock();
        try {
            long idleNanos = System.nanoTime() - entry.idleSinceNanos;
            if (entry.state == State.READY
                    && entry.leases == 0
                    && idleNanos >= config.idleUnload().toNanos()) {
                LOG.log(Level.INFO, "Unloading {0}: nobody uses it.", entry.model.name());
                dismiss(entry, Leaves.IDLE);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The same, and counts why. */
    private void dismiss(Entry entry, Leaves why) {
        if (entry.state == State.READY) {
            count(entry.model, was -> was.left(why));
        }
        dismiss(entry);
    }

    private void count(StoredModel model, UnaryOperator<ModelCounts> change) {
        counts.put(model.id(), change.apply(counts.getOrDefault(model.id(), ModelCounts.NONE)));
    }

    /** Returns what was counted of each of these models, by id, and forgets all others. */
    Map<String, ModelCounts> counts(Set<String> ids) {
        lock.lock();
        try {
            counts.keySet().retainAll(ids);
            return Map.copyOf(counts);
        } finally {
            lock.unlock();
        }
    }

    /** Ends a ready entry; its thread does the rest. Under the lock. */
    private void dismiss(Entry entry) {
        LoadedModel loaded = entry.loaded;
        if (entry.state == State.READY && loaded != null) {
            entry.state = State.CLOSING;
            loaded.stop();
        }
    }

    /** The life of a loaded model, on its own thread. */
    private void live(Entry entry) {
        LoadedModel loaded = null;
        try {
            loaded = load(entry);
            if (loaded != null) {
                loaded.run();
            }
        } catch (EngineException.Failed e) {
            LOG.log(Level.ERROR, "The model " + entry.model.name() + " is given up: " + e.reason);
        } catch (InterruptedException _) {
            // Nobody interrupts this thread but a process that ends.
            LOG.log(Level.DEBUG, "Interrupted.");
        } finally {
            end(entry, loaded);
        }
    }

    private @Nullable LoadedModel load(Entry entry) throws InterruptedException {
        LoadedModel loaded = null;
        EngineException.LoadFailed failure = null;
        long nanos = 0;
        loading.lockInterruptibly();
        try {
            long start = System.nanoTime();
            loaded = opener.open(entry.model);
            nanos = System.nanoTime() - start;
            LOG.log(
                    Level.INFO,
                    "Loaded {0} in {1} ms.",
                    entry.model.name(),
                    Duration.ofNanos(nanos).toMillis());
        } catch (EngineException.LoadFailed e) {
            LOG.log(Level.WARNING, "Loading {0} failed: {1}", entry.model.name(), e.reason);
            failure = e;
        } finally {
            loading.unlock();
        }
        lock.lock();
        try {
            double millis = nanos / 1e6;
            count(entry.model, loaded == null ? ModelCounts::failed : was -> was.loaded(millis));
            entry.loaded = loaded;
            entry.failure = failure;
            entry.state = loaded == null || closed ? State.CLOSING : State.READY;
            if (loaded != null && closed) {
                loaded.stop();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        tell();
        return loaded;
    }

    /** Waits until nobody looks at the vocabulary any more, frees the memory, and lets the next load begin. */
    private void end(Entry entry, @Nullable LoadedModel loaded) {
        lock.lock();
        try {
            entry.state = State.CLOSING;
            long nanos = CLOSE_MAX.toNanos();
            changed.signalAll();
            while (loaded != null && entry.leases > 0 && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException _) {
            LOG.log(Level.DEBUG, "Interrupted.");
        } finally {
            lock.unlock();
        }
        if (loaded != null) {
            loaded.close();
        }
        lock.lock();
        try {
            entry.state = State.GONE;
            entries.remove(entry.model.id());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        tell();
    }

    private void tell() {
        onChange.accept(ready().stream().map(r -> r.loaded().stored().name()).toList());
    }

    /** Takes a model out of memory unless somebody uses it; returns whether it is out. */
    boolean unload(String id) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Entry entry = entries.get(id);
            while (entry != null && entry.state != State.GONE) {
                if (entry.leases > 0 || entry.state == State.LOADING) {
                    return false;
                }
                dismiss(entry, Leaves.ASKED);
                changed.await();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many requests, and looks at the vocabulary, are with a model. */
    int users(String id) {
        lock.lock();
        try {
            Entry entry = entries.get(id);
            return entry == null ? 0 : entry.leases;
        } finally {
            lock.unlock();
        }
    }

    /** A loaded model and how many requests of whom are with it, those that decode and those that wait. */
    record Resident(LoadedModel loaded, Map<Caller, Integer> callers) {
        int requests() {
            return callers.values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    /** Returns the models that are loaded and ready. */
    List<Resident> ready() {
        lock.lock();
        try {
            List<Resident> ready = new ArrayList<>();
            for (Entry entry : entries.values()) {
                LoadedModel loaded = entry.loaded;
                if (entry.state == State.READY && loaded != null) {
                    ready.add(new Resident(loaded, Map.copyOf(entry.requests)));
                }
            }
            return ready;
        } finally {
            lock.unlock();
        }
    }

    Optional<LoadedModel> ready(String id) {
        return ready().stream()
                .map(Resident::loaded)
                .filter(loaded -> loaded.stored().id().equals(id))
                .findFirst();
    }

    /** Ends every request and frees every model, waiting for it no longer than the grace. */
    void close(Duration grace) {
        lock.lock();
        try {
            closed = true;
            timer.shutdownNow();
            entries.values().forEach(this::dismiss);
            changed.signalAll();
            long nanos = grace.toNanos();
            while (!entries.isEmpty() && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        close(CLOSE_MAX);
    }
}
