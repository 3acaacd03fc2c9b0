package omni.cli;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;
import picocli.CommandLine.Command;

/** {@code omni version}: what is installed here. */
@Command(
        name = "version",
        description = {"Shows the versions of Omni and of the Java it runs on."},
        footer = {"", "Example: omni version --json"})
final class VersionCommand extends OmniCommand {
    VersionCommand(World world) {
        super(world);
    }

    /** Omni's version, as the build wrote it into the module. */
    static String omni() {
        return Optional.ofNullable(VersionCommand.class.getModule().getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse("unknown");
    }

    @Override
    ExitCode run() {
        var java = Runtime.version().toString();
        var system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        var json = Json.object().put("omni", omni()).put("java", java);
        json.put("javaHome", System.getProperty("java.home")).put("system", system);
        answer(json, () -> "Omni " + omni() + ", Java " + java + ", " + system);
        return ExitCode.OK;
    }
}
