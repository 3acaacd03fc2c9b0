package omni.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import omni.role.PrivateFile;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How much each key is used: when last, how many tokens on this day of UTC, how many requests in the last minute. The first two are kept in
 * {@code $OMNI_HOME/keys-used.json}, by the keys' ids:
 *
 * <pre>{@code
 * {"version": 1, "day": "2026-11-30", "keys": {"0f1e2d3c4b5a": {"used": "2026-11-30T10:00:00Z", "tokens": 1234}}}
 * }</pre>
 *
 * <p>It is a file of its own, because nobody vouches for it: what it says changes with every request, and what a key may stands elsewhere.
 * It is written {@link #WRITE_AFTER} after something has changed, with all that has changed until then, and at the end: so a process that is
 * killed loses what came in that time. One that cannot be read is begun anew, and one that cannot be written is tried again with the next
 * change.
 *
 * <p>Safe for use by many threads: {@link #lock} guards the fields below it and is not held while the file is written; {@link #writing} is
 * held then, so that an older state is not written over a newer one.
 */
final class KeyUse implements AutoCloseable {
    /** The file within the home directory. */
    static final String FILE = "keys-used.json";

    /** From a change to when it is written, with all that came meanwhile: at most one write in that time. */
    static final Duration WRITE_AFTER = Duration.ofSeconds(10);

    /** A key that is used all the time, to read numbers for one, has that written no more often: disks wear, and sleep. */
    static final Duration USED_EVERY = Duration.ofMinutes(10);

    /** Several times what as many keys take as there may be. */
    private static final long FILE_BYTES_MAX = 512 * 1024;

    private static final int VERSION = 1;

    private final Path file;
    private final Supplier<Set<String>> ids;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final Consumer<Runnable> later;
    private final long startNanos;
    private final ReentrantLock writing = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Count> counts = new HashMap<>();
    /** Which keys have taken the places of others, whose answers may still be in progress. */
    private final Map<String, String> moved = new HashMap<>();

    private boolean waiting;
    private boolean closed;

    /** Of one key. Under the lock. */
    private static final class Count {
        private @Nullable Instant used;
        /** Of {@link #used}, what the file says. */
        private @Nullable Instant written;

        private LocalDate day = LocalDate.EPOCH;
        private long tokens;
        private final Minute minute = new Minute();

        long tokensOn(LocalDate today) {
            return isOf(today) ? tokens : 0;
        }

        void add(LocalDate today, long more) {
            tokens = Math.max(0, tokensOn(today) + more);
            day = isOf(today) ? day : today;
        }

        /** Also where the clock has gone back over midnight since: nobody gets a day's tokens anew for that. */
        private boolean isOf(LocalDate today) {
            return today.equals(day) || today.plusDays(1).equals(day);
        }
    }

    /** Requests of the last sixty whole seconds and of the one that has begun, so that no minute, wherever it begins, has more. */
    private static final class Minute {
        private static final int SECONDS = 61;

        private final int[] seconds = new int[SECONDS];
        private long last;
        private long sum;

        /** Counts one where there were fewer; else returns the seconds until there are. */
        OptionalInt take(long second, long most) {
            forget(second);
            if (sum < most) {
                seconds[(int) (second % SECONDS)]++;
                sum++;
                return OptionalInt.empty();
            }
            var left = sum;
            var wait = 0;
            while (left >= most) {
                wait++;
                left -= seconds[(int) ((second + wait) % SECONDS)];
            }
            return OptionalInt.of(wait);
        }

        private void forget(long second) {
            if (second - last >= SECONDS) {
                Arrays.fill(seconds, 0);
                sum = 0;
                last = second;
            }
            while (last < second) {
                last++;
                sum -= seconds[(int) (last % SECONDS)];
                seconds[(int) (last % SECONDS)] = 0;
            }
        }
    }

    private KeyUse(
            Path file, Supplier<Set<String>> ids, InstantSource clock, LongSupplier nanos, Consumer<Runnable> later) {
        this.file = file;
        this.ids = ids;
        this.clock = clock;
        this.nanos = nanos;
        this.later = later;
        this.startNanos = nanos.getAsLong();
    }

    /**
     * Reads the file, where there is one.
     *
     * @param ids of the keys there are: what is kept is of these
     * @param nanos a clock that only goes forward
     * @param later runs what it is given, once, {@link #WRITE_AFTER} from then on, on a thread that may wait for the disk
     */
    static KeyUse open(
            Path home, Supplier<Set<String>> ids, InstantSource clock, LongSupplier nanos, Consumer<Runnable> later) {
        var use = new KeyUse(home.resolve(FILE), ids, clock, nanos, later);
        use.read();
        return use;
    }

    /** A request came with the key, now. */
    void used(String id) {
        lock.lock();
        try {
            var count = count(id);
            var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            count.used = now;
            if (count.written == null
                    || Duration.between(count.written, now).abs().compareTo(USED_EVERY) >= 0) {
                writeLater();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Counts a request, unless the last minute had as many as may be; then says in how many seconds it has not. */
    OptionalInt take(String id, long ratePerMinute) {
        lock.lock();
        try {
            return count(id).minute.take(TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong() - startNanos), ratePerMinute);
        } finally {
            lock.unlock();
        }
    }

    /** Tokens were computed for the key, now. */
    void spent(String id, long tokens) {
        lock.lock();
        try {
            count(moved.getOrDefault(id, id)).add(today(), tokens);
            writeLater();
        } finally {
            lock.unlock();
        }
    }

    /** Tokens that were computed for the key today. */
    long tokensToday(String id) {
        lock.lock();
        try {
            var count = counts.get(id);
            return count == null ? 0 : count.tokensOn(today());
        } finally {
            lock.unlock();
        }
    }

    /** When a request came with the key last, to the second. */
    Optional<Instant> lastUsed(String id) {
        lock.lock();
        try {
            return Optional.ofNullable(counts.get(id)).flatMap(count -> Optional.ofNullable(count.used));
        } finally {
            lock.unlock();
        }
    }

    /** Seconds until the day of UTC turns, 1 at least. */
    int secondsOfToday() {
        var now = clock.instant();
        var next = LocalDate.ofInstant(now, ZoneOffset.UTC).plusDays(1).atStartOfDay(ZoneOffset.UTC);
        return (int) Math.max(
                1, Duration.between(now, next.toInstant()).plusMillis(999).toSeconds());
    }

    /** A key takes the place of another: the tokens of the day and the requests of the minute are its own now. */
    void move(String from, String to) {
        lock.lock();
        try {
            moved.replaceAll((_, by) -> by.equals(from) ? to : by);
            moved.put(from, to);
            moved.remove(to);
            var old = counts.remove(from);
            if (old != null) {
                old.used = null;
                old.written = null;
                counts.put(to, old);
            }
            writeLater();
        } finally {
            lock.unlock();
        }
    }

    private Count count(String id) {
        return counts.computeIfAbsent(id, _ -> new Count());
    }

    private LocalDate today() {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    private void writeLater() {
        if (!waiting && !closed) {
            waiting = true;
            later.accept(this::write);
        }
    }

    /** Writes what is there now; what is counted from now on is not written any more. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        write();
    }

    /** Writes what is there now. */
    void write() {
        writing.lock();
        try {
            PrivateFile.write(file, Json.bytes(snapshot()));
        } catch (IOException e) {
            Log.error(
                    "how much the API keys are used could not be written down: it is tried again with the next use", e);
            forgetWritten();
        } finally {
            writing.unlock();
        }
    }

    private void forgetWritten() {
        lock.lock();
        try {
            counts.values().forEach(count -> count.written = null);
        } finally {
            lock.unlock();
        }
    }

    private ObjectNode snapshot() {
        var known = ids.get();
        var root = JsonNodeFactory.instance.objectNode().put("version", VERSION);
        lock.lock();
        try {
            waiting = false;
            counts.keySet().retainAll(known);
            moved.values().retainAll(known);
            var today = today();
            var keys = root.put("day", today.toString()).putObject("keys");
            counts.forEach((id, count) -> {
                var key = keys.putObject(id);
                Optional.ofNullable(count.used).ifPresent(time -> key.put("used", time.toString()));
                count.written = count.used;
                key.put("tokens", count.tokensOn(today));
            });
            return root;
        } finally {
            lock.unlock();
        }
    }

    private void read() {
        try {
            if (Files.notExists(file)) {
                return;
            }
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IOException("It is too large");
            }
            read(JsonMapper.shared().readTree(Files.readAllBytes(file)));
        } catch (IOException | JacksonException | DateTimeException e) {
            Log.error("how much the API keys were used cannot be read: it is counted anew", e);
        }
    }

    private void read(JsonNode root) throws IOException {
        if (root.path("version").asInt(0) != VERSION || !root.path("keys").isObject()) {
            throw new IOException("It is no list of uses");
        }
        var known = ids.get();
        var day = LocalDate.parse(root.path("day").asString(""));
        for (var key : root.get("keys").properties()) {
            if (known.contains(key.getKey())) {
                var count = new Count();
                var used = key.getValue().path("used").asString("");
                count.used = used.isEmpty() ? null : Instant.parse(used);
                count.written = count.used;
                count.day = day;
                count.tokens = Math.max(0, key.getValue().path("tokens").asLong(0));
                counts.put(key.getKey(), count);
            }
        }
    }
}
