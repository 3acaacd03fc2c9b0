package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import omni.bus.BusClient;
import omni.bus.BusException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni chat}: one question and its answer, or a conversation at the terminal. */
@Command(
        name = "chat",
        description = {
            "Chats with the model, through no network and without a key. With a PROMPT, or with a text on standard"
                    + " input, it answers that and ends; at a terminal it is a conversation, in which Ctrl-C stops the"
                    + " answer and not the program. Other users of this machine can read a PROMPT in its list of processes:"
                    + " give what is private on standard input or at the terminal.",
            "While the vault is open, a chat is kept in it as a conversation.",
            "With --json: a line {\"text\":…} for each piece, and a last line with finish, the token counts and the"
                    + " conversation."
        },
        footer = {"", "Example: omni chat \"What is 7 plus 5?\"", "Example: omni chat < question.txt"})
final class ChatCommand extends OmniCommand {
    /** The most that is read from standard input: far more than any model here takes. */
    static final int INPUT_BYTES_MAX = 1 << 20;

    @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "The question.")
    private Optional<String> prompt = Optional.empty();

    @Option(names = "--model", paramLabel = "MODEL", description = "Which model answers; by default the default one.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--temperature", paramLabel = "NUMBER", description = "0 is greedy; larger is freer.")
    private Optional<Double> temperature = Optional.empty();

    @Option(names = "--max-tokens", paramLabel = "TOKENS", description = "The most tokens of an answer.")
    private Optional<Long> maxTokens = Optional.empty();

    @Option(names = "--seed", paramLabel = "NUMBER", description = "Makes sampling repeatable.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--no-store", description = "Do not keep it, also where the vault is open.")
    private boolean unkept;

    @Option(
            names = "--continue",
            paramLabel = "ID",
            description = "Go on with a conversation that is kept in the vault, which must be open.")
    private Optional<String> conversation = Optional.empty();

    ChatCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        if (unkept && conversation.isPresent()) {
            throw new CommandException(
                    ExitCode.USAGE, "--continue adds to what is kept, so it does not go with --no-store.");
        }
        var settings = new Conversation.Settings(
                model.orElse(null), maxTokens.orElse(null), temperature.orElse(null), seed.orElse(null), !unkept);
        try (var talk = new Conversation(BusClient.to(world.socket("daemon")), settings, conversation.orElse(null))) {
            if (prompt.isEmpty() && !json() && world.isTerminal(0) && world.isTerminal(1)) {
                return new ChatTerminal(world).run(talk);
            }
            return once(talk, prompt.isPresent() ? prompt.get() : read());
        }
    }

    private ExitCode once(Conversation talk, String question) {
        var out = world.out();
        var begun = new AtomicBoolean();
        Conversation.Ending ending;
        try {
            ending = talk.ask(question, text -> {
                if (json()) {
                    out.println(Json.line(Json.object().put("text", text)));
                } else {
                    out.print(world.isTerminal(1) ? Text.printable(text) : text);
                }
                begun.set(true);
                out.flush();
            });
        } catch (BusException e) {
            if (begun.get() && !json()) {
                out.println(); // what is said of it has a line of its own
                out.flush();
            }
            throw e;
        }
        if (json()) {
            out.println(Json.line(Json.object()
                    .put("finish", ending.finish())
                    .put("promptTokens", ending.promptTokens())
                    .put("completionTokens", ending.completionTokens())
                    .put("conversation", ending.conversation())));
        } else {
            out.println();
        }
        return ExitCode.OK;
    }

    private String read() {
        try {
            var bytes = world.in().readNBytes(INPUT_BYTES_MAX + 1);
            if (bytes.length > INPUT_BYTES_MAX) {
                throw new CommandException(
                        ExitCode.USAGE, "Standard input holds more than " + INPUT_BYTES_MAX + " bytes: send less.");
            }
            var text = new String(bytes, StandardCharsets.UTF_8).strip();
            if (text.isEmpty()) {
                throw new CommandException(
                        ExitCode.USAGE, "Nothing is asked: give a PROMPT or a text on standard input.");
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException("Standard input cannot be read", e);
        }
    }
}
