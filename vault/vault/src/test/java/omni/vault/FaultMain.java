package omni.vault;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import omni.role.Attempts;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls of a vault's process to its disk fail, one point after the other ({@code iofault.c}, which is preloaded), and looks
 * each time what became of what was acknowledged. Arguments: that library, a folder, how many points, the seed, and "reads" for calls that
 * read, or for the controls "silent", where a call is said to be done, and is not, and "library", where calls that read fail SQLite alone
 * ({@link FaultLibrary}). Prints a line for each thing that is not as it should be, and counts.
 */
final class FaultMain {
    private static final Clock CLOCK = Clock.systemUTC();
    private static final KeyWork WORK = new KeyWork(Made::quick);
    private static final String PLAIN = "plain text that nobody may read";

    /** What fails, as {@code iofault.c} counts them. */
    private enum Kind { // with the numbers of iofault.c
        NONE(0),
        EIO_ONCE(1),
        EIO_ON(2),
        FULL(3),
        HALF(4),
        SILENT(5),
        READ_ONCE(6),
        READ_ON(7);

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    private record Point(long at, Kind kind) {}

    private final MethodHandle arm;
    private final MethodHandle calls;
    private final MethodHandle reads;
    private final String what;
    private final Path folder;
    private final KeyWork.Outcome made;
    private final Map<String, Bytes> left;
    private int acknowledged;
    private int refused;
    /** Calls of the last point. */
    private long done;

    private FaultMain(Path library, Path folder, String what) throws IOException {
        this.what = what;
        this.made = WORK.create(Made.password(Made.PASSWORD), Made.LEAST);
        this.left = what.equals("reads") ? Session.left(made, Files.createDirectory(folder.resolve("left"))) : Map.of();
        SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
        Linker linker = Linker.nativeLinker();
        this.arm = linker.downcallHandle(
                symbols.findOrThrow("iofault_arm"),
                FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        this.calls = linker.downcallHandle(
                symbols.findOrThrow("iofault_calls"), FunctionDescriptor.of(ValueLayout.JAVA_LONG));
        this.reads = linker.downcallHandle(
                symbols.findOrThrow("iofault_reads"), FunctionDescriptor.of(ValueLayout.JAVA_LONG));
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException {
        String what = args.length > 4 ? args[4] : "";
        List<Kind> kinds = switch (what) {
            case "silent" -> List.of(Kind.SILENT);
            case "reads", "library" -> List.of(Kind.READ_ONCE, Kind.READ_ON);
            default -> List.of(Kind.EIO_ONCE, Kind.EIO_ON, Kind.FULL, Kind.HALF);
        };
        new FaultMain(Path.of(args[0]), Path.of(args[1]), what)
                .run(Integer.parseInt(args[2]), Long.parseLong(args[3]), kinds);
    }

    private void run(int count, long seed, List<Kind> kinds) throws IOException {
        // The first one lets the driver unpack its library, which later ones do not.
        requireWhole(point(new Point(0, Kind.NONE)));
        requireWhole(point(new Point(0, Kind.NONE)));
        long all = done;
        List<Point> points = new ArrayList<>();
        for (long at = 1; at <= all; at++) {
            for (Kind kind : kinds) {
                points.add(new Point(at, kind));
            }
        }
        Collections.shuffle(points, new Random(seed));
        List<Point> chosen = points.subList(0, Math.min(count, points.size()));
        acknowledged = 0;
        refused = 0;
        for (Point point : chosen) {
            point(point).forEach(wrong -> System.out.println("wrong: " + point + ": " + wrong));
        }
        System.out.println("points " + chosen.size() + " of " + points.size() + ", refused " + refused
                + ", acknowledged " + acknowledged);
    }

    private static void requireWhole(List<String> wrong) {
        if (!wrong.isEmpty()) {
            throw new IllegalStateException("Something is wrong where nothing fails: " + wrong);
        }
    }

    private List<String> point(Point point) throws IOException {
        Path place = Files.createDirectory(folder.resolve("point"));
        FaultLife life = life(place);
        arm(place, point);
        life.work();
        done = calls();
        arm(place, new Point(0, Kind.NONE));
        life.check();
        acknowledged += life.acknowledged;
        refused += life.refusals.isEmpty() ? 0 : 1;
        remove(place);
        return life.wrong;
    }

    private FaultLife life(Path place) throws IOException {
        if (what.equals("library")) {
            return new FaultLibrary(place, made);
        }
        Session session = new Session(place, what.equals("reads"), made);
        session.beginWith(left);
        return session;
    }

    private void arm(Path place, Point point) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(place.toString());
            arm.invokeExact(path, point.at(), point.kind().code);
        } catch (Throwable e) {
            throw new IllegalStateException("iofault_arm", e);
        }
    }

    private long calls() {
        try {
            return what.equals("reads") || what.equals("library")
                    ? (long) reads.invokeExact()
                    : (long) calls.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("iofault_calls or _reads", e);
        }
    }

    private static void remove(Path place) throws IOException {
        try (Stream<Path> walk = Files.walk(place)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** A vault's life at one point. */
    private static final class Session extends FaultLife {
        private final Path place;
        private final KeyWork.Outcome made;
        private final KeyFile first;
        private final KeyFile second;
        private final List<KeyFile> keyFiles = new ArrayList<>();
        private final Set<String> alive = new TreeSet<>();
        private final Set<String> doubtful = new TreeSet<>();
        private long line;
        private int tries;
        private long events;
        private @Nullable OpenVault open;

        Session(Path place, boolean ofReads, KeyWork.Outcome made) throws VaultException {
            super(ofReads);
            this.place = place;
            this.made = made;
            this.first = made.file().orElseThrow();
            this.second = WORK.changePassword(
                            first, Made.password(Made.PASSWORD), Made.password(Made.PASSWORD), Made.LEAST)
                    .file()
                    .orElseThrow();
        }

        /** The files of a vault as a kill leaves it, with changes that are in the journal alone. */
        static Map<String, Bytes> left(KeyWork.Outcome made, Path folder) throws IOException {
            Session session = new Session(folder, true, made);
            session.vault().audit().add(AuditEvent.CREATED, Map.of());
            session.conversation("before");
            session.vault().records().checkpoint();
            session.conversation("left");
            Map<String, Bytes> files = WholeVault.bytes(folder);
            session.close();
            return files;
        }

        void beginWith(Map<String, Bytes> files) throws IOException {
            WholeVault.put(files, place);
            if (!files.isEmpty()) {
                alive.addAll(List.of("before", "left"));
            }
        }

        @Override
        void work() {
            keys(first);
            keys(first);
            if (keyFiles.isEmpty()) {
                return; // no vault was made, and none was said to be
            }
            String one = add("one", () -> conversation("one"));
            add("two", () -> conversation("two"));
            line();
            delete("one", () -> vault().conversations().delete(one));
            add("memory", () -> vault().memories().create("memory", PLAIN).id());
            String file = add("file", () -> file("file", 5_000));
            add("longer file", () -> file("longer file", 70_000));
            delete("file", () -> files().delete(file));
            line();
            step(() -> vault().records().checkpoint());
            add("three", () -> conversation("three"));
            if (ofReads) {
                close(); // and what is beside the records is read when it is opened again
                line();
                step(this::readFiles);
            }
            keys(second);
            if (step(() -> new Attempts(place.resolve("attempts"), CLOCK).begin())) {
                tries++;
            }
            for (int i = 0; i < 2; i++) {
                if (step(() -> new SealedLog(place, CLOCK).add(AuditEvent.WRONG_SECRET, Map.of()))) {
                    events++;
                }
            }
            close();
        }

        private void keys(KeyFile file) {
            if (!keyFiles.contains(file)) {
                boolean before = step(() -> KeyKeeper.write(place.resolve(KeyKeeper.FILE), file));
                if (before) {
                    keyFiles.clear();
                }
                if (before || Files.exists(place.resolve(KeyKeeper.FILE))) {
                    keyFiles.add(file);
                }
            }
        }

        private OpenVault vault() throws VaultException {
            OpenVault now = open;
            if (now == null) {
                now = OpenVault.open(place, WholeVault.ring(made), CLOCK);
                open = now;
            }
            return now;
        }

        private SealedFiles files() throws VaultException {
            return WholeVault.sealedFiles(place, vault().keys());
        }

        private void readFiles() throws IOException {
            SealedFiles files = files();
            for (SealedFile file : files.list().files()) {
                try (SealedChannel channel = files.read(file.id())) {
                    channel.check(() -> {});
                }
            }
        }

        private void close() {
            OpenVault now = open;
            if (now != null) {
                step(now::close);
                open = null;
            }
        }

        /** Something that gives a thing a name. */
        private interface Adding {
            String run() throws IOException;
        }

        private String add(String name, Adding adding) {
            List<String> id = new ArrayList<>();
            if (step(() -> id.add(adding.run()))) {
                alive.add(name);
                return id.getFirst();
            }
            doubtful.add(name);
            return "";
        }

        private void delete(String name, Step deleting) {
            if (alive.contains(name)) {
                if (!step(deleting)) {
                    doubtful.add(name);
                }
                alive.remove(name);
            }
        }

        private String conversation(String name) throws VaultException {
            return vault().conversations()
                    .create(Map.of("name", name), List.of(TestVault.message(PLAIN)), Optional.empty())
                    .id();
        }

        private String file(String name, int bytes) throws IOException {
            byte[] content = content(bytes);
            return files().write("document", name, bytes, new ByteArrayInputStream(content))
                    .id();
        }

        private static byte[] content(int bytes) {
            return Arrays.copyOf(PLAIN.repeat(bytes / PLAIN.length() + 1).getBytes(StandardCharsets.UTF_8), bytes);
        }

        private void line() {
            step(() -> {
                vault().audit().add(AuditEvent.PROVED, Map.of());
                line = vault().audit().head().number();
            });
        }

        /** With a disk that works again: it opens, goes on, and has what it acknowledged. */
        @Override
        void check() throws IOException {
            plain();
            if (keyFiles.isEmpty()) {
                return;
            }
            try {
                requireKeys();
                int counted = new Attempts(place.resolve("attempts"), CLOCK)
                        .standing()
                        .wrong();
                require(counted >= tries, "a try is not counted");
                long told = SealedLog.in(place).stream()
                        .flatMap(content -> content.lines().stream())
                        .mapToLong(SealedLine::count)
                        .sum();
                require(told >= events, "what happened while sealed is not written down");
                require(
                        vault().audit().alarms().stream().allMatch(this::isOfReads),
                        "alarms " + vault().audit().alarms());
                require(vault().audit().head().number() >= line, "the audit log is shorter");
                Set<String> found = found();
                require(found.containsAll(alive), "of " + alive + " there are " + found);
                found.removeAll(alive);
                require(doubtful.containsAll(found), "more than was written: " + found);
                conversation("afterwards");
                close();
                WholeVault.problems(place).stream()
                        .filter(problem -> !isOfReads(problem))
                        .forEach(wrong::add);
            } catch (IOException | RuntimeException e) {
                wrong.add("afterwards: " + e + " " + e.getCause());
            } finally {
                OpenVault left = open;
                if (left != null) {
                    left.close();
                }
            }
            plain();
        }

        /** Who cannot read what vouches for the log's end says so, for ever. */
        private boolean isOfReads(String alarm) {
            return ofReads && (alarm.contains("audit.head is damaged") || alarm.contains("audit.pub is damaged"));
        }

        private void requireKeys() throws IOException {
            KeyFile now = KeyFile.of(Files.readAllBytes(place.resolve(KeyKeeper.FILE)));
            require(keyFiles.contains(now), "keys.json is another one");
        }

        private Set<String> found() throws IOException {
            Set<String> found = new TreeSet<>();
            for (Conversation one :
                    vault().conversations().list(Optional.empty(), 100).entries()) {
                String items = vault().conversations()
                        .items()
                        .list(one.id(), Optional.empty(), 100, ConversationItems.Order.OLDEST_FIRST)
                        .toString();
                require(items.contains(PLAIN), "a conversation has not its text");
                found.add(one.metadata().getOrDefault("name", ""));
            }
            vault().memories().list(Optional.empty(), 100).entries().forEach(memory -> found.add(memory.name()));
            SealedFiles files = files();
            SealedFiles.Listing listing = files.list();
            wrong.addAll(listing.problems());
            for (SealedFile file : listing.files()) {
                try (SealedChannel channel = files.read(file.id())) {
                    channel.check(() -> {});
                }
                found.add(file.name());
            }
            return found;
        }

        private void plain() throws IOException {
            try (Stream<Path> walk = Files.walk(place)) {
                for (Path file : walk.filter(Files::isRegularFile).toList()) {
                    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
                    require(!bytes.contains(PLAIN), "plain text in " + file.getFileName());
                }
            }
        }
    }
}
