package omni.cli;

import java.time.Duration;
import java.util.Locale;
import omni.fetch.FetchProtocol.Progress;

/**
 * Shows how far a pull is: a bar at a terminal, a line now and then elsewhere, JSON lines with {@code --json}. Data is
 * data: with {@code --json} it goes to standard output, else to standard error.
 */
final class PullProgress implements AutoCloseable {
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);
    private static final Duration JSON_EVERY = Duration.ofSeconds(1);

    private final World world;
    private final boolean json;
    private final boolean bar;
    private boolean first = true;
    private long toldAt;
    private String toldPhase = "";

    PullProgress(World world, boolean json) {
        this.world = world;
        this.json = json;
        this.bar = !json && world.isTerminal(2);
    }

    void show(Progress progress) {
        if (bar) {
            world.err().print("\r" + line(progress) + "\u001b[K");
            world.err().flush();
            return;
        }
        var phase = progress.phase().wire() + progress.fileNumber();
        var every = json ? JSON_EVERY : LINE_EVERY;
        if (first || !phase.equals(toldPhase) || System.nanoTime() - toldAt >= every.toNanos()) {
            first = false;
            toldAt = System.nanoTime();
            toldPhase = phase;
            if (json) {
                world.out().println(Json.line(Json.object().set("progress", progress.toJson())));
                world.out().flush();
            } else {
                world.err().println(line(progress));
                world.err().flush();
            }
        }
    }

    /** One line without its end. */
    static String line(Progress progress) {
        var total = progress.total();
        var note = progress.note();
        var text = new StringBuilder();
        switch (progress.phase()) {
            case RESOLVING -> text.append("Asking what there is…");
            case FETCHING -> {
                text.append(ProgressLine.bar(progress.bytes(), total == null ? 0 : total));
                text.append(", ").append(Text.bytes(progress.bytesPerSecond())).append("/s");
                var left = progress.secondsLeft();
                if (left != null) {
                    text.append(", ").append(left(left)).append(" left");
                }
            }
            case CHECKING -> text.append("Checking the SHA-256 of ").append(Text.printable(progress.file()));
        }
        if (progress.files() > 1 && progress.fileNumber() > 0) {
            text.append(", file ").append(progress.fileNumber()).append(" of ").append(progress.files());
        }
        return note == null ? text.toString() : text + "; " + Text.printable(note);
    }

    private static String left(long seconds) {
        return seconds < 60
                ? seconds + " s"
                : seconds < 3600
                        ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
                        : Text.span(Duration.ofSeconds(seconds));
    }

    /** Takes the bar away. */
    @Override
    public void close() {
        if (bar) {
            world.err().print("\r\u001b[K");
            world.err().flush();
        }
    }
}
