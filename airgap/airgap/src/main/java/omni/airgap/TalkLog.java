package omni.airgap;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who talks to whom, all the time: looks every few seconds, and writes down what has begun and what has ended since the look
 * before. Who, with whom, by what and when; never what was said. A talk that begins and ends between two looks is not seen.
 *
 * <pre>
 *   {"time":"…","event":"began","protocol":"tcp","remote":"192.0.2.7:443","program":"/usr/bin/curl","user":"ana", … } LF
 * </pre>
 *
 * <p>Two files, the later one and the one before it, each of a bounded size. Safe from any thread.
 */
final class TalkLog implements Closeable {
    /** How often it looks. */
    static final Duration INTERVAL = Duration.ofSeconds(10);

    private static final long BYTES_MAX = 4L << 20;
    /** Events of one look: of more, only how many. */
    private static final int EVENTS_MAX = 500;

    private static final int SHARE = 20;
    private static final int LINES_MAX = 100_000;
    private static final SocketEntry.Owner NOBODY = new SocketEntry.Owner(0, "", "", "", "");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path later;
    private final Path earlier;
    private final Looker looker;
    private final Clock clock;
    private final long bytesMax;
    private final List<Consumer<List<String>>> listeners = new CopyOnWriteArrayList<>();
    /** What was written, each by what it is about. */
    private Map<ObjectNode, ObjectNode> last = Map.of();
    /** What those who listen have heard: the same but for a disk that is full. */
    private Map<ObjectNode, ObjectNode> told = Map.of();

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("audit").factory());

    /** What takes a census. */
    @FunctionalInterface
    interface Looker {
        Audit look() throws AirgapException;
    }

    TalkLog(Path folder, Looker looker, Clock clock) throws AirgapException {
        this(folder, looker, clock, BYTES_MAX);
    }

    TalkLog(Path folder, Looker looker, Clock clock, long bytesMax) throws AirgapException {
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new AirgapException("The folder " + folder + " cannot be made: who talks to whom is not kept.", e);
        }
        this.later = folder.resolve("talks");
        this.earlier = folder.resolve("talks.before");
        this.looker = looker;
        this.clock = clock;
        this.bytesMax = bytesMax;
    }

    TalkLog start() {
        next(INTERVAL);
        return this;
    }

    private void next(Duration pause) {
        try {
            var _ = thread.schedule(this::lookAndTell, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "On the way out", e);
        }
    }

    /** Takes a twentieth of one processor at the most, and what others leave: on a slow machine it looks less often. */
    private void lookAndTell() {
        Urgency.giveWay();
        long start = System.nanoTime();
        try {
            look();
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Who talks to whom is not kept", e);
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - start).multipliedBy(SHARE);
            next(took.compareTo(INTERVAL) > 0 ? took : INTERVAL);
        }
    }

    /** Looks once. */
    synchronized void look() throws AirgapException {
        Map<ObjectNode, ObjectNode> now = talks(looker.look());
        List<String> lines = events(now, last);
        List<String> fresh = told.equals(last) ? lines : events(now, told);
        told = now;
        if (!fresh.isEmpty()) {
            listeners.forEach(listener -> listener.accept(List.copyOf(fresh)));
        }
        if (!lines.isEmpty()) {
            write(lines);
        }
        last = now; // what cannot be written is for the next look
    }

    private List<String> events(Map<ObjectNode, ObjectNode> now, Map<ObjectNode, ObjectNode> last) {
        List<String> lines = new ArrayList<>();
        news(now, last).forEach(talk -> lines.add(line("began", talk)));
        news(last, now).forEach(talk -> lines.add(line("ended", talk)));
        if (lines.size() > EVENTS_MAX) {
            int more = lines.size() - EVENTS_MAX;
            lines.subList(EVENTS_MAX, lines.size()).clear();
            lines.add(event("omitted").put("events", more).toString());
        }
        return lines;
    }

    /** Hears of the events of each look that finds some, on the thread that looks, until what is returned is closed. */
    Gap.Subscription onEvents(Consumer<List<String>> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** What the one has and the other has not. */
    private static Stream<ObjectNode> news(Map<ObjectNode, ObjectNode> of, Map<ObjectNode, ObjectNode> beside) {
        return of.entrySet().stream()
                .filter(talk -> !beside.containsKey(talk.getKey()))
                .map(Map.Entry::getValue);
    }

    /** What is to be said of each talk and alarm, once; of an alarm whose words change that is not said again. */
    private static Map<ObjectNode, ObjectNode> talks(Audit audit) {
        Map<ObjectNode, ObjectNode> talks = new LinkedHashMap<>();
        for (SocketEntry socket : audit.census().sockets()) {
            if (socket.outward() && socket.owners().isEmpty()) {
                add(talks, talk(socket, NOBODY));
            } else if (socket.outward()) {
                socket.owners().forEach(owner -> add(talks, talk(socket, owner)));
            }
        }
        for (Census.Alarm alarm : audit.census().alarmed()) {
            talks.putIfAbsent(alarm(alarm.what()), alarm(alarm.words()));
        }
        return talks;
    }

    private static void add(Map<ObjectNode, ObjectNode> talks, ObjectNode talk) {
        talks.putIfAbsent(talk, talk);
    }

    private static ObjectNode alarm(String text) {
        return JSON.createObjectNode().put("kind", "alarm").put("alarm", text);
    }

    /** Ports that a kernel has dealt out say nothing, and would make of one talk a thousand. */
    private static ObjectNode talk(SocketEntry socket, SocketEntry.Owner owner) {
        boolean called = Ports.dealtOut(socket.remote()) && !Ports.dealtOut(socket.local());
        return JSON.createObjectNode()
                .put("kind", "talk")
                .put("protocol", socket.protocol())
                .put("localPort", called ? Ports.port(socket.local()) : "")
                .put("remote", called ? Ports.host(socket.remote()) : socket.remote())
                .put("program", owner.program())
                .put("user", owner.user())
                .put("unit", owner.unit())
                .put("role", owner.role());
    }

    private String line(String event, ObjectNode said) {
        return event(event).setAll(said).toString();
    }

    private ObjectNode event(String event) {
        return JSON.createObjectNode().put("time", clock.instant().toString()).put("event", event);
    }

    private void write(List<String> lines) throws AirgapException {
        byte[] bytes = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            if (Files.exists(later) && Files.size(later) + bytes.length > bytesMax) {
                Files.move(later, earlier, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.write(later, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new AirgapException("Who talks to whom cannot be written to " + later + ". Make room there.", e);
        }
    }

    /** The last events, the oldest first, a JSON object each. */
    synchronized List<String> last(int count) throws AirgapException {
        List<String> lines = new ArrayList<>();
        for (Path file : List.of(earlier, later)) {
            try (var all = Files.lines(file)) {
                all.limit(LINES_MAX).forEach(line -> {
                    lines.add(line);
                    if (lines.size() > count) {
                        lines.removeFirst();
                    }
                });
            } catch (NoSuchFileException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Nothing yet", e);
            } catch (IOException | java.io.UncheckedIOException e) {
                throw new AirgapException("Who talked to whom cannot be read from " + file + ".", e);
            }
        }
        return lines;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
