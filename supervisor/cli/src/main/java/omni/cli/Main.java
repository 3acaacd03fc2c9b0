package omni.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The root of {@code omni}: holds the commands, its own and those of {@link Subcommand}, and runs one. */
@Command(
        name = "omni",
        synopsisSubcommandLabel = "COMMAND",
        description = {"Runs AI models on this machine and lets nothing leave without consent.", ""},
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        footer = {
            "",
            "Environment: OMNI_HOME (the owner's state, by default ~/.omni), OMNI_RUN (the sockets' folder), OMNI_JAVA"
                    + " (a JDK 25), NO_COLOR.",
            "Start with `omni up`; ask with `omni chat \"What is 7 plus 5?\"`."
        })
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and end.")
    private boolean unusedHelp;

    private Main() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args what was written after {@code omni}
     */
    public static void main(String[] args) {
        System.exit(commandLine(World.real()).execute(args));
    }

    /** The commands, ready to execute in a world. */
    static CommandLine commandLine(World world) {
        var line = new CommandLine(new Main());
        for (var command : ServiceLoader.load(Subcommand.class, Main.class.getClassLoader())) {
            line.addSubcommand(command);
        }
        for (var command : own(world)) {
            line.addSubcommand(command);
        }
        line.addSubcommand(new CompletionCommand(world, line));
        Map<String, String> exits = new LinkedHashMap<>();
        for (var exit : ExitCode.values()) {
            exits.put(String.valueOf(exit.number()), exit.meaning());
        }
        line.getCommandSpec().usageMessage().exitCodeList(exits);
        line.setOut(world.out());
        line.setErr(world.err());
        line.setUsageHelpAutoWidth(world.isTerminal(1));
        line.setColorScheme(CommandLine.Help.defaultColorScheme(
                world.style() == Style.ANSI ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        line.setExecutionExceptionHandler(new Teller(new Failures(world)));
        line.setParameterExceptionHandler(new Corrector(line.getParameterExceptionHandler()));
        return line;
    }

    private static List<Object> own(World world) {
        return List.of(
                new DownCommand(world),
                new StatusCommand(world),
                new DeviceCommand(world),
                new BenchCommand(world),
                new ChatCommand(world),
                ModelsCommand.line(world),
                KeyCommand.line(world),
                CertCommand.line(world),
                AirgapCommand.line(world),
                VaultCommand.line(world),
                new LogsCommand(world),
                new DoctorCommand(world),
                new VersionCommand(world),
                new WelcomeCommand(world));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    /** Says what went wrong, in one line on standard error; what nobody foresaw keeps its stack trace. */
    private record Teller(Failures failures) implements IExecutionExceptionHandler {
        @Override
        public int handleExecutionException(Exception thrown, CommandLine line, ParseResult result) throws Exception {
            if (!(thrown instanceof RuntimeException failure)) {
                throw thrown;
            }
            var told = failures.explain(failure);
            tell(line.getErr(), told, line.getParseResult().hasMatchedOption("--json"));
            return told.exit().number();
        }

        private static void tell(PrintWriter err, Failures.Told told, boolean json) {
            if (json) {
                var error = Json.object()
                        .put("code", told.exit().word())
                        .put("exit", told.exit().number())
                        .put("message", told.message());
                err.println(Json.line(Json.object().set("error", error)));
            } else {
                told.message().lines().map(Text::printable).forEach(err::println);
            }
        }
    }

    /** Says of a value that does not fit what would, in one line; where the command line is wrong otherwise, how it is used. */
    private record Corrector(IParameterExceptionHandler usage) implements IParameterExceptionHandler {
        @Override
        public int handleParseException(ParameterException wrong, String[] args) throws Exception {
            if (!(wrong.getCause() instanceof TypeConversionException)) {
                return usage.handleParseException(wrong, args);
            }
            var line = wrong.getCommandLine();
            var message = wrong.getMessage() + ". See " + line.getCommandSpec().qualifiedName() + " --help.";
            Teller.tell(
                    line.getErr(),
                    new Failures.Told(ExitCode.USAGE, message),
                    List.of(args).contains("--json"));
            return ExitCode.USAGE.number();
        }
    }
}
