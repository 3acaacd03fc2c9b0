package omni.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

/** {@code omni completion}: scripts with which a shell completes the commands and options. */
@Command(
        name = "completion",
        description = {"Prints a completion script for a shell: bash, zsh or fish."},
        footer = {
            "",
            "Example: source <(omni completion bash)",
            "Example: omni completion zsh > \"$${fpath[1]}/_omni\"",
            "Example: omni completion fish > ~/.config/fish/completions/omni.fish"
        })
final class CompletionCommand extends OmniCommand {
    private final CommandLine root;

    @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Shell shell = Shell.bash;

    /** The shells, by the names of their programs. */
    private enum Shell {
        bash,
        zsh,
        fish
    }

    CompletionCommand(World world, CommandLine root) {
        super(world);
        this.root = root;
    }

    @Override
    ExitCode run() {
        var script = switch (shell) {
            case bash -> AutoComplete.bash("omni", root);
            case zsh ->
                "#compdef omni\nautoload -U +X bashcompinit && bashcompinit\n" + AutoComplete.bash("omni", root);
            case fish -> fish(root.getCommandSpec());
        };
        answer(Json.object().put("shell", shell.name()).put("script", script), script::stripTrailing);
        return ExitCode.OK;
    }

    /** One "complete" line a command and an option. Source: fish, complete(1). */
    private static String fish(CommandSpec root) {
        var text = new StringBuilder("complete -c omni -f\n");
        for (var command : root.subcommands().entrySet()) {
            var spec = command.getValue().getCommandSpec();
            if (!spec.usageMessage().hidden()) {
                fish(text, "__fish_use_subcommand", command.getKey(), spec);
            }
        }
        return text.toString();
    }

    private static void fish(StringBuilder text, String when, String name, CommandSpec spec) {
        text.append("complete -c omni -n ").append(quote(when)).append(" -a ").append(name);
        text.append(" -d ")
                .append(quote(first(spec.usageMessage().description())))
                .append('\n');
        var inside = "__fish_seen_subcommand_from " + name;
        for (var below : spec.subcommands().entrySet()) {
            fish(text, inside, below.getKey(), below.getValue().getCommandSpec());
        }
        for (var option : spec.options()) {
            text.append("complete -c omni -n ").append(quote(inside));
            text.append(" -l ").append(option.longestName().replaceFirst("^--", ""));
            text.append(option.arity().max() > 0 ? " -r" : "");
            text.append(" -d ").append(quote(first(option.description()))).append('\n');
        }
    }

    private static String first(String[] lines) {
        return lines.length == 0 ? "" : lines[0].replace("%%", "%");
    }

    private static String quote(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
