package omni.cli;

import java.io.IOException;
import omni.bus.BusException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * A conversation at a terminal. Lines are edited by JLine; their history lives in memory and ends with the program.
 * During an answer Ctrl-C is a signal, arrives on JLine's signal thread and closes the answer's stream; the main thread
 * then asks for the next line. While a line is edited it is a key.
 */
final class ChatTerminal {
    private static final String HELP = "Ctrl-C stops an answer; /new starts afresh; Ctrl-D or /exit leaves.";

    private final World world;
    private final Failures failures;

    ChatTerminal(World world) {
        this.world = world;
        this.failures = new Failures(world);
    }

    ExitCode run(Conversation conversation) {
        // Else JLine makes a signal of the key too, and the second of the two interrupts the next line.
        System.setProperty(TerminalBuilder.PROP_SOFTWARE_SIGNALS, "false");
        try (var terminal = TerminalBuilder.builder()
                .name("omni")
                .system(true)
                .ffm(true)
                .jni(false)
                .nativeSignals(true)
                .build()) {
            terminal.handle(Terminal.Signal.INT, _ -> conversation.cancel());
            var reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .appName("omni")
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .build();
            terminal.writer().println(world.style().faint(HELP));
            talk(terminal, reader, conversation);
            conversation
                    .kept()
                    .ifPresent(id -> terminal.writer()
                            .println(world.style()
                                    .faint("Kept in the vault. Go on with: omni chat --continue "
                                            + Text.printable(id))));
            terminal.flush();
            return ExitCode.OK;
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.ERROR, "This terminal cannot be used: pipe the question in, or give it as PROMPT.", e);
        }
    }

    private void talk(Terminal terminal, LineReader reader, Conversation conversation) {
        while (true) {
            try {
                var line = reader.readLine("> ").strip();
                switch (line) {
                    case "" -> {}
                    case "/exit" -> {
                        return;
                    }
                    case "/new" -> {
                        conversation.forget();
                        terminal.writer().println(world.style().faint("A new conversation."));
                    }
                    case "/help" -> terminal.writer().println(world.style().faint(HELP));
                    default -> answer(terminal, conversation, line);
                }
            } catch (UserInterruptException e) {
                terminal.writer().println(world.style().faint(HELP));
            } catch (EndOfFileException e) {
                return;
            }
            terminal.flush();
        }
    }

    private void answer(Terminal terminal, Conversation conversation, String question) {
        try {
            var ending = conversation.ask(question, text -> {
                terminal.writer().print(Text.printable(text));
                terminal.flush();
            });
            terminal.writer().println(ending.cancelled() ? world.style().faint(" (stopped)") : "");
        } catch (BusException e) {
            var told = failures.explain(e);
            terminal.writer().println();
            if (told.exit() == ExitCode.NOT_RUNNING) {
                throw e;
            }
            terminal.writer().println(world.style().yellow(Text.printable(told.message())));
        }
    }
}
