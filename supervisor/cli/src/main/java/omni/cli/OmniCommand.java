package omni.cli;

import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** What every command has: {@code --json} and {@code --help}, a world, and an exit code. */
abstract class OmniCommand implements Callable<Integer> {
    final World world;

    @Option(names = "--json", description = "Write JSON, one value a line, instead of text for people.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and end.")
    private boolean unusedHelp;

    OmniCommand(World world) {
        this.world = world;
    }

    /** Does the work. What goes wrong is thrown and turned into a sentence by {@link Failures}. */
    abstract ExitCode run();

    @Override
    public final Integer call() {
        var exit = run();
        if (world.out().checkError()) { // a full disk, or a reader that has gone
            throw new CommandException(
                    ExitCode.ERROR, "Not all of the answer could be written: what it goes to takes no more.");
        }
        return exit.number();
    }

    final boolean json() {
        return json;
    }

    /** Writes the value with {@code --json}, and otherwise the text. */
    final void answer(JsonNode value, Supplier<String> text) {
        world.out().println(json ? Json.line(value) : text.get());
    }
}
