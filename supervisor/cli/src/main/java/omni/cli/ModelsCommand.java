package omni.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code omni models}: the models on this machine. By itself it lists them. */
@Command(
        name = "models",
        description = {"Lists, adds and removes models; without a command of its own it lists them."},
        commandListHeading = "%nCommands:%n",
        footer = {"", "Example: omni models import ~/Downloads/model.gguf"})
final class ModelsCommand extends OmniCommand {
    private ModelsCommand(World world) {
        super(world);
    }

    /** The command with those below it. */
    static CommandLine line(World world) {
        return new CommandLine(new ModelsCommand(world))
                .addSubcommand(new ModelsListCommand(world))
                .addSubcommand(new ModelsShowCommand(world))
                .addSubcommand(new ModelsPullCommand(world))
                .addSubcommand(new ModelsPullsCommand(world))
                .addSubcommand(new ModelsLoginCommand(world))
                .addSubcommand(new ModelsLogoutCommand(world))
                .addSubcommand(new ModelsImportCommand(world))
                .addSubcommand(new ModelsUseCommand(world))
                .addSubcommand(new ModelsVerifyCommand(world))
                .addSubcommand(new ModelsPinCommand(world))
                .addSubcommand(new ModelsUnpinCommand(world))
                .addSubcommand(new ModelsRemoveCommand(world));
    }

    @Override
    ExitCode run() {
        return ModelsListCommand.list(this);
    }
}
