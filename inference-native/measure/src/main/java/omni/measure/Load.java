package omni.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who uses this machine's processors: those that are measured, others, or the host of a virtual machine. Read from {@code /proc}
 * (proc(5)): what all processors have worked, less what the named processes, those they have started and this one have worked,
 * is other programs' and the kernel's. On other systems nothing is known.
 */
final class Load {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final int STAT_COLUMNS = 8;
    /** Columns of /proc/PID/stat behind the name in brackets, which itself may have blanks: state is the first. */
    private static final int PARENT = 1;

    private static final int USER = 11;
    private static final int SYSTEM = 12;

    private final Path proc;
    private final Set<Long> roots;

    /**
     * Looks at nothing yet.
     *
     * @param proc {@code /proc}, or what stands for it in a test
     * @param measured processes that are measured
     * @param self this process
     */
    Load(Path proc, Set<Long> measured, long self) {
        this.proc = proc;
        this.roots = new HashSet<>(measured);
        roots.add(self);
    }

    /**
     * A moment, in clock ticks since the machine's start. They are hundredths of a second on all that Linux runs on here.
     *
     * @param total of all processors, idle or not
     * @param busy of them, what programs and the kernel worked
     * @param steal of them, what the host gave to other machines
     * @param own what each measured process had worked
     */
    record Moment(long total, long busy, long steal, Map<Long, Long> own) {}

    /**
     * What others had between two moments, in ticks. Where few ticks lie between, others may be a little less than nothing.
     *
     * @param total of all processors
     * @param others programs that are not measured, and the kernel
     * @param steal the host of this virtual machine
     */
    record Share(long total, long others, long steal) {
        static final Share NONE = new Share(0, 0, 0);

        Share plus(Share more) {
            return new Share(total + more.total, others + more.others, steal + more.steal);
        }

        /** Percent of the processors' time that was others' and the host's; nothing where nothing is known. */
        Optional<Double> percent() {
            return total <= 0 ? Optional.empty() : Optional.of(100.0 * Math.max(0, others + steal) / total);
        }
    }

    /** This moment; nothing where the system does not tell. */
    Optional<Moment> now() {
        try (var lines = Files.lines(proc.resolve("stat"))) {
            var cells = lines.findFirst().map(BLANKS::split).orElse(new String[0]);
            if (cells.length < STAT_COLUMNS + 1 || !cells[0].equals("cpu")) {
                return Optional.empty();
            }
            long total = 0;
            for (int i = 1; i <= STAT_COLUMNS; i++) {
                total += Long.parseLong(cells[i]);
            }
            long idle = Long.parseLong(cells[4]) + Long.parseLong(cells[5]);
            long steal = Long.parseLong(cells[8]);
            return Optional.of(new Moment(total, total - idle - steal, steal, own()));
        } catch (IOException | DirectoryIteratorException | UncheckedIOException | NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** What happened since then. */
    Share since(Optional<Moment> then) {
        var now = now();
        if (then.isEmpty() || now.isEmpty()) {
            return Share.NONE;
        }
        long own = 0;
        for (var process : now.get().own().entrySet()) {
            own += process.getValue() - then.get().own().getOrDefault(process.getKey(), 0L);
        }
        return new Share(
                now.get().total() - then.get().total(),
                now.get().busy() - then.get().busy() - own,
                now.get().steal() - then.get().steal());
    }

    /** The measured processes and all that they have started, with what each has worked. */
    private Map<Long, Long> own() throws IOException {
        var ticks = new HashMap<Long, Long>();
        var children = new HashMap<Long, Set<Long>>();
        try (var entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (var entry : entries) {
                var cells = cells(entry);
                if (cells.size() > SYSTEM) {
                    var process = Long.parseLong(entry.getFileName().toString());
                    ticks.put(process, Long.parseLong(cells.get(USER)) + Long.parseLong(cells.get(SYSTEM)));
                    children.computeIfAbsent(Long.parseLong(cells.get(PARENT)), _ -> new HashSet<>())
                            .add(process);
                }
            }
        }
        var own = new HashMap<Long, Long>();
        var next = new ArrayDeque<>(roots);
        while (!next.isEmpty()) {
            var process = next.remove();
            var worked = ticks.get(process);
            if (worked != null && own.put(process, worked) == null) {
                next.addAll(children.getOrDefault(process, Set.of()));
            }
        }
        return own;
    }

    /** What stands in a process's stat behind its name; nothing where it has ended. */
    private static List<String> cells(Path process) {
        try {
            var text = Files.readString(process.resolve("stat"));
            return List.of(
                    BLANKS.split(text.substring(text.lastIndexOf(')') + 1).strip()));
        } catch (IOException _) {
            return List.of();
        }
    }
}
