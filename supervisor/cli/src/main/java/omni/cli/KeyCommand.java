package omni.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code omni key}: the keys with which programs use the HTTP API. By itself it lists them. */
@Command(
        name = "key",
        description = {
            "Makes, lists, accepts, rotates and revokes the keys of the HTTP API; without a command of its own it lists them."
        },
        commandListHeading = "%nCommands:%n",
        footer = {"", "Example: omni key new laptop"})
final class KeyCommand extends OmniCommand {
    private KeyCommand(World world) {
        super(world);
    }

    /** The command with those below it. */
    static CommandLine line(World world) {
        return new CommandLine(new KeyCommand(world))
                .addSubcommand(new KeyNewCommand(world))
                .addSubcommand(new KeyListCommand(world))
                .addSubcommand(new KeyAcceptCommand(world))
                .addSubcommand(new KeyRotateCommand(world))
                .addSubcommand(new KeyRevokeCommand(world))
                .addSubcommand(new KeyStepUpCommand(world));
    }

    @Override
    ExitCode run() {
        return KeyListCommand.list(this);
    }
}
