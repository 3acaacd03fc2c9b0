package omni.cli;

/** One line on a terminal's standard error that says how far a work is; nothing where there is no terminal. */
final class ProgressLine implements AutoCloseable {
    private static final int BAR_CHARACTERS = 30;
    private final World world;
    private final boolean shown;

    ProgressLine(World world, boolean json) {
        this.world = world;
        this.shown = world.isTerminal(2) && !json;
    }

    void show(long done, long total) {
        say(bar(done, total));
    }

    /** The same for a work of which nobody knows how long it is. */
    void say(String how) {
        if (shown) {
            world.err().print("\r" + how);
            world.err().flush();
        }
    }

    static String bar(long done, long total) {
        var part = total <= 0 ? 0.0 : Math.min(1.0, (double) done / total);
        var full = (int) (part * BAR_CHARACTERS);
        return "[" + "#".repeat(full) + " ".repeat(BAR_CHARACTERS - full) + "] " + (int) (part * 100) + " % of "
                + Text.bytes(total);
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
