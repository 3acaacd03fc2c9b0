package omni.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code omni cert}: the certificate by which other machines know this box. */
@Command(
        name = "cert",
        description = {
            "The certificate by which programs on other machines know this box, where daemon.listen in omni.toml lets them reach"
                    + " it. Omni makes it, and renews it by itself with the same key."
        },
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footer = {"", "Example: omni cert export --out omni.pem"})
final class CertCommand extends OmniCommand {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private CertCommand(World world) {
        super(world);
    }

    /** The command with those below it. */
    static CommandLine line(World world) {
        return new CommandLine(new CertCommand(world)).addSubcommand(new CertExportCommand(world));
    }

    @Override
    ExitCode run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }
}
