package omni.cli;

import java.time.Duration;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/**
 * Says how far a work is: on one line of a terminal's standard error, on a line now and then where that is no terminal, as JSON
 * lines with {@code --json}. Data is data: those go to standard output.
 */
final class ProgressLine implements AutoCloseable {
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);
    private static final Duration JSON_EVERY = Duration.ofSeconds(1);
    private static final int BAR_CHARACTERS = 30;

    private final World world;
    private final boolean json;
    private final boolean shown;
    private String toldPart = "";
    private long toldNanos;

    ProgressLine(World world, boolean json) {
        this.world = world;
        this.json = json;
        this.shown = world.isTerminal(2) && !json;
    }

    /** A bar at a terminal, and nothing elsewhere. */
    void show(long done, long total) {
        if (shown) {
            say(bar(done, total));
        }
    }

    /** A sentence at a terminal, until something else is said, and nothing elsewhere. */
    void show(String what) {
        if (shown) {
            say(what);
        }
    }

    /**
     * Both are of the same moment. The first of each part is told at once.
     *
     * @param part of the work, in whatever words
     */
    void tell(String part, String how, Supplier<JsonNode> value) {
        if (shown) {
            say(how);
            return;
        }
        var every = json ? JSON_EVERY : LINE_EVERY;
        if (part.equals(toldPart) && System.nanoTime() - toldNanos < every.toNanos()) {
            return;
        }
        toldPart = part;
        toldNanos = System.nanoTime();
        if (json) {
            world.out().println(Json.line(Json.object().set("progress", value.get())));
            world.out().flush();
        } else {
            world.err().println(how);
            world.err().flush();
        }
    }

    private void say(String how) {
        world.err().print("\r" + how + "\u001b[K");
        world.err().flush();
    }

    static String bar(long done, long total) {
        return bar(done, total, Text.bytes(total));
    }

    /** Of so many of something. */
    static String bar(long done, long total, String all) {
        var part = total <= 0 ? 0.0 : Math.min(1.0, (double) done / total);
        var full = (int) (part * BAR_CHARACTERS);
        return "[" + "#".repeat(full) + " ".repeat(BAR_CHARACTERS - full) + "] " + (int) (part * 100) + " % of " + all;
    }

    /** Clears the line. */
    @Override
    public void close() {
        if (shown) {
            world.err().print("\r\u001b[K");
            world.err().flush();
        }
    }
}
