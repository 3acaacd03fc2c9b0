package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** {@code omni logs}: what the roles wrote to {@code $OMNI_HOME/logs}, merged by time. */
@Command(
        name = "logs",
        description = {
            "Shows what the roles logged, merged by time. Questions, answers and keys are in no log.",
            "With --json the lines are as the roles wrote them: ts, level, role, logger, msg, err."
        },
        footer = {"", "Example: omni logs -f engine"})
final class LogsCommand extends OmniCommand {
    /** How far back a log is read at most. */
    static final long BYTES_BACK_MAX = 4 << 20;

    static final int LINES_MAX = 100_000;

    private static final Duration POLL = Duration.ofMillis(200);
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("MM-dd HH:mm:ss.SSS");
    private static final String ENDING = ".jsonl";

    @Parameters(arity = "0..*", paramLabel = "ROLE", description = "Only these roles; by default all.")
    private List<String> roles = List.of();

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what comes, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "LINES",
            defaultValue = "50",
            description = "How many of the last lines to begin with; by default ${DEFAULT-VALUE}.")
    private int lines = 50;

    private final SequencedMap<String, LogTail> tails = new TreeMap<>();

    LogsCommand(World world) {
        super(world);
    }

    /** A line and when it was written; a line that is no JSON object has the time of the one before it. */
    private record Line(String ts, String text) {}

    @Override
    ExitCode run() {
        if (lines < 0 || lines > LINES_MAX) {
            throw new CommandException(ExitCode.USAGE, "--lines takes 0 to " + LINES_MAX + ".");
        }
        try {
            var first = round();
            if (tails.isEmpty() && !follow) {
                throw new CommandException(ExitCode.ERROR, nothing());
            }
            first.subList(Math.max(0, first.size() - lines), first.size()).forEach(this::show);
            while (follow && !Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(POLL.toNanos());
                round().forEach(this::show);
            }
            return ExitCode.OK;
        } catch (IOException e) {
            throw new UncheckedIOException("The logs cannot be read", e);
        } finally {
            close();
        }
    }

    private String nothing() {
        var folder = world.home().resolve("logs");
        return roles.isEmpty()
                ? "There are no logs in " + folder + ": Omni writes them when it runs (under systemd: journalctl -u"
                        + " 'omni*')."
                : "There are no logs of " + String.join(", ", roles) + " in " + folder + ".";
    }

    /** What all files gained, by time. */
    private List<Line> round() throws IOException {
        find();
        List<Line> gained = new ArrayList<>();
        for (var tail : tails.values()) {
            var ts = "";
            for (var text : tail.read(BYTES_BACK_MAX)) {
                var line = parse(text);
                ts = line == null ? ts : line.path("ts").asString("");
                gained.add(new Line(ts, text));
            }
        }
        gained.sort(Comparator.comparing(Line::ts));
        return gained;
    }

    private void find() throws IOException {
        var folder = world.home().resolve("logs");
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var entries = Files.newDirectoryStream(folder, "*" + ENDING)) {
            for (var file : entries) {
                var role = role(file);
                if (roles.isEmpty() || roles.contains(role)) {
                    tails.computeIfAbsent(role, _ -> new LogTail(file));
                }
            }
        }
    }

    private static String role(Path file) {
        var name = file.toFile().getName();
        return name.substring(0, name.length() - ENDING.length());
    }

    private void show(Line line) {
        if (json()) {
            world.out().println(line.text());
            return;
        }
        var json = parse(line.text());
        world.out().println(json == null ? Text.printable(line.text()) : human(json));
    }

    private String human(JsonNode line) {
        var style = world.style();
        var level = line.path("level").asString("");
        var text = new StringBuilder(120);
        text.append(style.faint(clock(line.path("ts").asString("")))).append(' ');
        text.append(Text.pad(Text.printable(line.path("role").asString("")), 11));
        var mark = Text.pad(level, 8);
        text.append(
                switch (level) {
                    case "error" -> style.red(mark);
                    case "warning" -> style.yellow(mark);
                    default -> mark;
                });
        text.append(Text.printable(line.path("msg").asString("")));
        for (var cause : line.path("err")) {
            text.append("\n    ").append(Text.printable(cause.asString("")));
        }
        return text.toString();
    }

    private static String clock(String ts) {
        try {
            return CLOCK.format(LocalDateTime.ofInstant(Instant.parse(ts), ZoneId.systemDefault()));
        } catch (DateTimeParseException e) {
            return ts;
        }
    }

    private static @org.jspecify.annotations.Nullable JsonNode parse(String text) {
        try {
            var json = Json.parse(text);
            return json.isObject() ? json : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    private void close() {
        for (var tail : tails.values()) {
            try {
                tail.close();
            } catch (IOException e) {
                throw new UncheckedIOException("A log cannot be closed", e);
            }
        }
    }
}
